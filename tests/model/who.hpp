// Whom an action is about: the open page, the payment that can be confirmed, the next event. Private to the
// model's files.
#pragma once

#include "model/world.hpp"

namespace checkout::model {

bool isKnown(const World& world,
             const ModelStripe::Session& session);  // to the checkout, and so to its customer
const ModelStripe::Session* openPage(const World& world);
const ModelStripe::Intent* intentIn(const World& world, PaymentState state);  // the newest
const ModelStripe::Intent* paidIntent(const World& world);                    // some of whose money is left
const ModelStripe::Intent& intentNamed(const World& world, const std::string& id);
const ModelStripe::Intent* directIntent(const World& world);  // that can be confirmed
const ModelStripe::Event* eventThat(const World& world, ModelStripe::Delivery delivery, bool newest);
const ModelStripe::Refund* standingRefund(const World& world);
const ModelStripe::Intent* disputableIntent(const World& world);
const ModelStripe::Dispute* openDispute(const World& world);
bool isForeign(const World& world, const ModelStripe::Intent& intent);
std::optional<TimePoint> nextTimer(const World& world);

}  // namespace checkout::model
