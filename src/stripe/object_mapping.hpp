// Stripe's objects as facts. Unknown members are kept in PaymentFact::object; an unknown status counts as
// Processing, which decides nothing.
#pragma once

#include <optional>
#include <string>

#include <checkout/payment_gateway.hpp>

namespace checkout::stripe {

// PaymentServiceError if `object` is not the kind of object asked for or lacks what every such object has.
Result<PaymentFact> paymentFromSession(Json object, const std::optional<std::string>& requestId);
Result<PaymentFact> paymentFromIntent(Json object, const std::optional<std::string>& requestId);
Result<RefundFact> refundFromObject(const Json& object, const std::optional<std::string>& requestId);
Result<DisputeFact> disputeFromObject(const Json& object, const std::optional<std::string>& requestId);
Result<PageLine> pageLineFromItem(const Json& item, const std::optional<std::string>& requestId);
// ValidationFailed if it is no event.
Result<PaymentEvent> eventFromObject(Json event);

// Removes every `client_secret` at any depth: whoever has one can finish the payment.
void removeClientSecrets(Json& value);

}  // namespace checkout::stripe
