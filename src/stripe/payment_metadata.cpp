#include "stripe/payment_metadata.hpp"

#include <charconv>

#include "stripe/json_fields.hpp"

namespace checkout::stripe {

void addMetadata(Form& form, const std::string& prefix, const PaymentRequest& request) {
  form.add(prefix + "[saga_id]", request.sagaId.value)
      .add(prefix + "[tenant_id]", request.tenantId.value)
      .add(prefix + "[order_id]", request.orderId.value)
      .add(prefix + "[attempt]", request.attempt);
}

PaymentMetadata metadataOf(const Json& object) {
  PaymentMetadata metadata;
  const Json& fields = member(object, "metadata");
  if (auto tenant = stringAt(fields, "tenant_id")) metadata.tenantId = TenantId{*tenant};
  if (auto saga = stringAt(fields, "saga_id")) metadata.sagaId = SagaId{*saga};
  if (auto attempt = stringAt(fields, "attempt"))
    std::from_chars(attempt->data(), attempt->data() + attempt->size(), metadata.attempt);
  return metadata;
}

}  // namespace checkout::stripe
