#include "sandbox/intents.hpp"

namespace checkout::sandbox {
namespace {

using Kind = ParameterKind;

// How it is paid: create, confirm and update.
constexpr Parameter kPayment[] = {
    {"allowed_payment_method_types[]"},
    {"amount_details", Kind::Anything},
    {"capture_method", Kind::Choice, "automatic|automatic_async|manual"},
    {"excluded_payment_method_types[]"},
    {"hooks", Kind::Unsupported},
    {"payment_details", Kind::Anything},
    {"payment_method"},
    {"payment_method_data", Kind::Anything},
    {"payment_method_options", Kind::Anything},
    {"receipt_email", Kind::Email},
    {"setup_future_usage", Kind::Choice, "off_session|on_session"},
    {"shipping", Kind::Anything},
};
// What confirming takes, at once or later.
constexpr Parameter kConfirmation[] = {
    {"confirmation_token", Kind::Unsupported},
    {"error_on_requires_action", Kind::Boolean},
    {"mandate", Kind::Unsupported},
    {"mandate_data", Kind::Anything},
    {"off_session", Kind::Boolean},
    {"radar_options", Kind::Anything},
    {"return_url", Kind::Url},
    {"use_stripe_sdk", Kind::Boolean},
};
// What it is for: create and update.
constexpr Parameter kPurpose[] = {
    {"amount", Kind::Integer},
    {"application_fee_amount", Kind::Unsupported},
    {"currency", Kind::Currency},
    {"customer"},
    {"customer_account", Kind::Unsupported},
    {"description"},
    {"payment_method_configuration"},
    {"statement_descriptor"},
    {"statement_descriptor_suffix"},
    {"transfer_data", Kind::Unsupported},
    {"transfer_group", Kind::Unsupported},
};
constexpr Parameter kCreateOnly[] = {
    {"automatic_payment_methods[allow_redirects]", Kind::Choice, "always|never"},
    {"automatic_payment_methods[enabled]", Kind::Boolean},
    {"confirm", Kind::Boolean},
    {"confirmation_method", Kind::Choice, "automatic|manual"},
    {"metadata", Kind::Metadata},
    {"on_behalf_of", Kind::Unsupported},
};
constexpr Parameter kConfirmOnly[] = {{"amount_to_confirm", Kind::Integer}};
constexpr Parameter kUpdateOnly[] = {{"metadata", Kind::MetadataChange}};

constexpr auto kConfirming = joined(kPayment, kConfirmation);
constexpr auto kConfirm = joined(kConfirming, kConfirmOnly);
constexpr auto kCreate = joined(joined(kConfirming, kPurpose), kCreateOnly);
constexpr auto kUpdate = joined(joined(kPayment, kPurpose), kUpdateOnly);

constexpr Parameter kCancel[] = {
    {"cancellation_reason", Kind::Choice, "abandoned|duplicate|fraudulent|requested_by_customer"},
};
constexpr Parameter kCapture[] = {
    {"amount_details", Kind::Unsupported},
    {"amount_to_capture", Kind::Integer},
    {"application_fee_amount", Kind::Unsupported},
    {"final_capture", Kind::Choice, "true"},
    {"hooks", Kind::Unsupported},
    {"metadata", Kind::MetadataChange},
    {"payment_details", Kind::Unsupported},
    {"statement_descriptor"},
    {"statement_descriptor_suffix"},
    {"transfer_data", Kind::Unsupported},
};

}  // namespace

ParameterTable intentCreateParameters() {
  return kCreate;
}
ParameterTable intentConfirmParameters() {
  return kConfirm;
}
ParameterTable intentUpdateParameters() {
  return kUpdate;
}
ParameterTable intentCancelParameters() {
  return kCancel;
}
ParameterTable intentCaptureParameters() {
  return kCapture;
}

}  // namespace checkout::sandbox
