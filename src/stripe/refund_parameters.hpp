// The body of POST /v1/refunds.
#pragma once

#include <optional>
#include <string>

#include <checkout/payment_gateway.hpp>

namespace checkout::stripe {

// The whole payment, or `amount` of it. The refund carries `callKey` in its metadata, by which it is known
// again when the call's answer was lost. Pure.
std::string refundBody(const Tenant& tenant, const SagaId& saga, const std::string& intentId,
                       const std::optional<Money>& amount, const std::string& callKey);

}  // namespace checkout::stripe
