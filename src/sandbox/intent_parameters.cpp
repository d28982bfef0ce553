#include "sandbox/intents.hpp"

namespace checkout::sandbox {
namespace {

using Kind = ParameterKind;

constexpr Parameter kCreate[] = {
    {"allowed_payment_method_types[]"},
    {"amount", Kind::Integer},
    {"amount_details", Kind::Anything},
    {"application_fee_amount", Kind::Unsupported},
    {"automatic_payment_methods[allow_redirects]", Kind::Choice, "always|never"},
    {"automatic_payment_methods[enabled]", Kind::Boolean},
    {"capture_method", Kind::Choice, "automatic|automatic_async"},
    {"confirm", Kind::Boolean},
    {"confirmation_method", Kind::Choice, "automatic|manual"},
    {"confirmation_token", Kind::Unsupported},
    {"currency", Kind::Currency},
    {"customer", Kind::Unsupported},
    {"customer_account", Kind::Unsupported},
    {"description"},
    {"error_on_requires_action", Kind::Boolean},
    {"excluded_payment_method_types[]"},
    {"hooks", Kind::Unsupported},
    {"mandate", Kind::Unsupported},
    {"mandate_data", Kind::Anything},
    {"metadata", Kind::Metadata},
    {"off_session", Kind::Boolean},
    {"on_behalf_of", Kind::Unsupported},
    {"payment_details", Kind::Anything},
    {"payment_method"},
    {"payment_method_configuration"},
    {"payment_method_data", Kind::Anything},
    {"payment_method_options", Kind::Anything},
    {"payment_method_types[]"},
    {"radar_options", Kind::Anything},
    {"receipt_email", Kind::Email},
    {"return_url", Kind::Url},
    {"setup_future_usage", Kind::Choice, "off_session|on_session"},
    {"shipping", Kind::Anything},
    {"statement_descriptor"},
    {"statement_descriptor_suffix"},
    {"transfer_data", Kind::Unsupported},
    {"transfer_group", Kind::Unsupported},
    {"use_stripe_sdk", Kind::Boolean},
};

constexpr Parameter kConfirm[] = {
    {"allowed_payment_method_types[]"},
    {"amount_details", Kind::Anything},
    {"amount_to_confirm", Kind::Integer},
    {"capture_method", Kind::Choice, "automatic|automatic_async"},
    {"confirmation_token", Kind::Unsupported},
    {"error_on_requires_action", Kind::Boolean},
    {"excluded_payment_method_types[]"},
    {"hooks", Kind::Unsupported},
    {"mandate", Kind::Unsupported},
    {"mandate_data", Kind::Anything},
    {"off_session", Kind::Boolean},
    {"payment_details", Kind::Anything},
    {"payment_method"},
    {"payment_method_data", Kind::Anything},
    {"payment_method_options", Kind::Anything},
    {"payment_method_types[]"},
    {"radar_options", Kind::Anything},
    {"receipt_email", Kind::Email},
    {"return_url", Kind::Url},
    {"setup_future_usage", Kind::Choice, "off_session|on_session"},
    {"shipping", Kind::Anything},
    {"use_stripe_sdk", Kind::Boolean},
};

constexpr Parameter kCancel[] = {
    {"cancellation_reason", Kind::Choice, "abandoned|duplicate|fraudulent|requested_by_customer"},
};

}  // namespace

ParameterTable intentCreateParameters() {
  return kCreate;
}
ParameterTable intentConfirmParameters() {
  return kConfirm;
}
ParameterTable intentCancelParameters() {
  return kCancel;
}

}  // namespace checkout::sandbox
