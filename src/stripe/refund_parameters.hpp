// The body of POST /v1/refunds.
#pragma once

#include <optional>
#include <string>

#include <checkout/payment_gateway.hpp>

namespace checkout::stripe {

// The whole payment, or `amount` of it. Pure.
std::string refundBody(const Tenant& tenant, const SagaId& saga, const std::string& intentId,
                       const std::optional<Money>& amount);

}  // namespace checkout::stripe
