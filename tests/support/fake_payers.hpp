// Customers and saved payment methods at the payment provider in memory.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <checkout/payment_gateway.hpp>

namespace checkout::test {

// Thread-safe.
class FakePayers {
 public:
  // A payment method that is saved for this customer. An empty one: it was detached, or was used up.
  void saveMethod(const std::string& methodId, const std::string& customerId) {
    const std::lock_guard lock(mutex_);
    methods_[methodId] = customerId;
  }
  // There is no such method.
  void unknowMethod(const std::string& methodId) {
    const std::lock_guard lock(mutex_);
    unknown_ = methodId;
  }
  // A customer that carries this mark of a user; what customerOf() makes is one, too.
  void addCustomer(const std::string& customerId, const TenantId& tenant, const std::string& userDigest) {
    const std::lock_guard lock(mutex_);
    customers_[customerId] = {customerId, tenant, userDigest};
  }
  void deleteCustomer(const std::string& customerId) {
    const std::lock_guard lock(mutex_);
    customers_.erase(customerId);
  }
  std::map<std::string, Payer> customers() {
    const std::lock_guard lock(mutex_);
    return customers_;
  }
  // How the next questions about payers are answered instead; the effect happens if `afterEffect`.
  void failPayers(std::vector<PayerOutcome> failures, bool afterEffect = false) {
    const std::lock_guard lock(mutex_);
    failures_ = std::move(failures);
    hasEffect_ = afterEffect;
  }
  int payerQuestions() {
    const std::lock_guard lock(mutex_);
    return questions_;
  }

 protected:
  void forgetPayers() {
    const std::lock_guard lock(mutex_);
    methods_.clear();
    unknown_.clear();
    customers_.clear();
    failures_.clear();
    questions_ = 0;
  }
  PayerOutcome payerOf(const std::string& methodId) {
    const std::lock_guard lock(mutex_);
    return answer([&] {
      const auto method = methods_.find(methodId);
      if (method == methods_.end() || method->second.empty()) return Payer{};
      const auto customer = customers_.find(method->second);
      return customer == customers_.end() ? Payer{method->second, std::nullopt, std::nullopt}
                                          : customer->second;
    });
  }
  PayerOutcome customerOf(const TenantId& tenant, const std::string& digest) {
    const std::lock_guard lock(mutex_);
    return answer([&] {
      for (const auto& [id, customer] : customers_)
        if (customer.userDigest == digest) return customer;
      const std::string id = "cus_" + std::to_string(++made_);
      return customers_[id] = Payer{id, tenant, digest};
    });
  }
  // As Stripe does: what is saved needs its customer, and what was detached is never charged.
  std::optional<CallOutcome> refusalOf(const std::string& methodId, const std::string& customer) {
    const std::lock_guard lock(mutex_);
    CallOutcome refused{CallOutcome::Kind::Failed, std::nullopt, std::nullopt,
                        Error(ErrorCode::ValidationFailed, "refused", {{"requestId", "req_refused"}})};
    if (!customer.empty() && !customers_.contains(customer)) {
      refused.refused = CallOutcome::Refused::Customer;
      return refused;
    }
    if (!methodId.empty() && methodId == unknown_) {
      refused.refused = CallOutcome::Refused::UnknownMethod;
      return refused;
    }
    const auto method = methods_.find(methodId);
    if (method == methods_.end() || (!customer.empty() && method->second == customer)) return std::nullopt;
    refused.refused =
        method->second.empty() ? CallOutcome::Refused::UsedMethod : CallOutcome::Refused::SavedMethod;
    return refused;
  }

 private:
  template <class Effect>
  PayerOutcome answer(const Effect& effect) {
    ++questions_;
    if (failures_.empty()) return {effect(), std::nullopt, false, false};
    if (hasEffect_) (void)effect();
    PayerOutcome failure = std::move(failures_.front());
    failures_.erase(failures_.begin());
    return failure;
  }

  std::mutex mutex_;
  std::map<std::string, std::string> methods_;  // what each is saved for
  std::string unknown_;
  std::map<std::string, Payer> customers_;
  std::vector<PayerOutcome> failures_;
  bool hasEffect_ = false;
  int questions_ = 0, made_ = 0;
};

}  // namespace checkout::test
