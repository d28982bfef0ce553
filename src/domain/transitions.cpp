#include "domain/transitions.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace checkout::domain {
namespace {

using enum SagaStatus;

constexpr std::pair<SagaStatus, SagaStatus> kLegal[] = {
    {Pending, InProgress},           // a payment is asked for
    {Pending, Compensating},         // cancelled, or replaced by a newer checkout of the cart
    {InProgress, PaymentPending},    // the customer's turn
    {InProgress, Completed},         // every step is done
    {InProgress, Compensating},      // a step failed
    {PaymentPending, InProgress},    // paid, or the payment is being replaced
    {PaymentPending, Compensating},  // expired or cancelled
    {Compensating, Compensated},     // everything is undone
    {Compensating, Failed},          // there was nothing to undo
    {Failed, Pending},               // checkout_retry
    {Compensated, Pending},          // checkout_retry
    {Compensated, InProgress},       // a late payment that the tenant honours
};

}  // namespace

bool isLegalTransition(SagaStatus from, SagaStatus to) {
  return from == to ||
         std::find(std::begin(kLegal), std::end(kLegal), std::pair{from, to}) != std::end(kLegal);
}

}  // namespace checkout::domain
