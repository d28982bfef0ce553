#include "sandbox/session_parameters.hpp"

namespace checkout::sandbox {
namespace {

using Kind = ParameterKind;

constexpr Parameter kSessionCreate[] = {
    {"adaptive_pricing", Kind::Anything},
    {"after_expiration", Kind::Unsupported},
    {"allow_promotion_codes", Kind::Boolean},
    {"allowed_payment_method_types[]"},
    {"automatic_tax[enabled]", Kind::Boolean},
    {"automatic_tax[liability]", Kind::Unsupported},
    {"billing_address_collection", Kind::Choice, "auto|required"},
    {"branding_settings", Kind::Anything},
    {"cancel_url", Kind::Url},
    {"client_reference_id"},
    {"consent_collection", Kind::Unsupported},
    {"currency", Kind::Currency},
    {"custom_fields", Kind::Unsupported},
    {"custom_text", Kind::Unsupported},
    {"customer"},
    {"customer_account", Kind::Unsupported},
    {"customer_creation", Kind::Choice, "always|if_required"},
    {"customer_email", Kind::Email},
    {"customer_update", Kind::Unsupported},
    {"discounts[][coupon]"},
    {"discounts[][coupon_data]", Kind::Unsupported},
    {"discounts[][promotion_code]"},
    {"excluded_payment_method_types[]"},
    {"expires_at", Kind::Integer},
    {"integration_identifier"},
    {"invoice_creation", Kind::Unsupported},
    {"line_items[][adjustable_quantity]", Kind::Unsupported},
    {"line_items[][dynamic_tax_rates]", Kind::Unsupported},
    {"line_items[][metadata]", Kind::Metadata},
    {"line_items[][price]"},
    {"line_items[][price_data][currency]", Kind::Currency},
    {"line_items[][price_data][product]"},
    {"line_items[][price_data][product_data][description]"},
    {"line_items[][price_data][product_data][images][]", Kind::Url},
    {"line_items[][price_data][product_data][metadata]", Kind::Metadata},
    {"line_items[][price_data][product_data][name]"},
    {"line_items[][price_data][product_data][tax_code]"},
    {"line_items[][price_data][product_data][tax_details]", Kind::Unsupported},
    {"line_items[][price_data][product_data][unit_label]"},
    {"line_items[][price_data][recurring]", Kind::Unsupported},
    {"line_items[][price_data][tax_behavior]", Kind::Choice, "exclusive|inclusive|unspecified"},
    {"line_items[][price_data][unit_amount]", Kind::Integer},
    {"line_items[][price_data][unit_amount_decimal]", Kind::Unsupported},
    {"line_items[][quantity]", Kind::Integer},
    {"line_items[][tax_rates]", Kind::Unsupported},
    {"locale", Kind::Choice,
     "auto|bg|cs|da|de|el|en|en-GB|es|es-419|et|fi|fil|fr|fr-CA|hi-IN|hr|hu|id|it|ja|ko|lt|lv|ms|mt|nb|nl|pl|"
     "pt|"
     "pt-BR|ro|ru|sk|sl|sv|th|tr|vi|zh|zh-HK|zh-TW"},
    {"managed_payments", Kind::Unsupported},
    {"metadata", Kind::Metadata},
    {"mode", Kind::Choice, "payment|setup|subscription"},
    {"name_collection", Kind::Unsupported},
    {"optional_items", Kind::Unsupported},
    {"origin_context", Kind::Choice, "mobile_app|web"},
    {"payment_intent_data[application_fee_amount]", Kind::Unsupported},
    {"payment_intent_data[capture_method]", Kind::Choice, "automatic|automatic_async|manual"},
    {"payment_intent_data[description]"},
    {"payment_intent_data[metadata]", Kind::Metadata},
    {"payment_intent_data[on_behalf_of]", Kind::Unsupported},
    {"payment_intent_data[receipt_email]", Kind::Email},
    {"payment_intent_data[setup_future_usage]", Kind::Choice, "off_session|on_session"},
    {"payment_intent_data[shipping][address][city]"},
    {"payment_intent_data[shipping][address][country]"},
    {"payment_intent_data[shipping][address][line1]"},
    {"payment_intent_data[shipping][address][line2]"},
    {"payment_intent_data[shipping][address][postal_code]"},
    {"payment_intent_data[shipping][address][state]"},
    {"payment_intent_data[shipping][carrier]"},
    {"payment_intent_data[shipping][name]"},
    {"payment_intent_data[shipping][phone]"},
    {"payment_intent_data[shipping][tracking_number]"},
    {"payment_intent_data[statement_descriptor]"},
    {"payment_intent_data[statement_descriptor_suffix]"},
    {"payment_intent_data[transfer_data]", Kind::Unsupported},
    {"payment_intent_data[transfer_group]", Kind::Unsupported},
    {"payment_method_collection", Kind::Choice, "always|if_required"},
    {"payment_method_configuration"},
    {"payment_method_data", Kind::Anything},
    {"payment_method_options", Kind::Anything},
    {"permissions", Kind::Unsupported},
    {"phone_number_collection[enabled]", Kind::Boolean},
    {"redirect_on_completion", Kind::Unsupported},
    {"return_url", Kind::Unsupported},
    {"saved_payment_method_options", Kind::Unsupported},
    {"setup_intent_data", Kind::Unsupported},
    {"shipping_address_collection[allowed_countries][]"},
    {"shipping_options[][shipping_rate]"},
    {"shipping_options[][shipping_rate_data][delivery_estimate][maximum][unit]", Kind::Choice,
     "business_day|day|hour|month|week"},
    {"shipping_options[][shipping_rate_data][delivery_estimate][maximum][value]", Kind::Integer},
    {"shipping_options[][shipping_rate_data][delivery_estimate][minimum][unit]", Kind::Choice,
     "business_day|day|hour|month|week"},
    {"shipping_options[][shipping_rate_data][delivery_estimate][minimum][value]", Kind::Integer},
    {"shipping_options[][shipping_rate_data][display_name]"},
    {"shipping_options[][shipping_rate_data][fixed_amount][amount]", Kind::Integer},
    {"shipping_options[][shipping_rate_data][fixed_amount][currency]", Kind::Currency},
    {"shipping_options[][shipping_rate_data][metadata]", Kind::Metadata},
    {"shipping_options[][shipping_rate_data][tax_behavior]", Kind::Choice, "exclusive|inclusive|unspecified"},
    {"shipping_options[][shipping_rate_data][tax_code]"},
    {"shipping_options[][shipping_rate_data][type]", Kind::Choice, "fixed_amount"},
    {"submit_type", Kind::Choice, "auto|book|donate|pay|subscribe"},
    {"subscription_data", Kind::Unsupported},
    {"success_url", Kind::Url},
    {"tax_id_collection", Kind::Unsupported},
    {"ui_mode", Kind::Choice, "elements|embedded_page|form|hosted_page"},
    {"wallet_options", Kind::Anything},
};

constexpr Parameter kSessionUpdate[] = {
    {"collected_information", Kind::Unsupported}, {"line_items", Kind::Unsupported},
    {"metadata", Kind::MetadataChange},           {"payment_intent_data", Kind::Unsupported},
    {"shipping_options", Kind::Unsupported},
};

}  // namespace

ParameterTable sessionCreateParameters() {
  return kSessionCreate;
}

ParameterTable sessionUpdateParameters() {
  return kSessionUpdate;
}

}  // namespace checkout::sandbox
