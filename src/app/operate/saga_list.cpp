#include "app/operate/saga_list.hpp"

#include <algorithm>

#include "app/operate/printable.hpp"
#include "app/operate/saga_report.hpp"
#include "saga/checkout_service.hpp"

namespace checkout::app::operate {
namespace {

constexpr int kMostOfATenant = 20'000;

std::string stuckOrNothing(const Saga& saga, TimePoint now) {
  return saga::whyStuck(saga, now).value_or("");
}

Result<std::vector<TenantId>> tenantsToLookAt(Transaction& tx, const std::optional<TenantId>& wanted) {
  CHECKOUT_ASSIGN(all, tx.sagas().tenants());
  if (!wanted) return all;
  if (std::find(all.begin(), all.end(), *wanted) != all.end()) return std::vector<TenantId>{*wanted};
  std::string known;
  for (const TenantId& tenant : all) known.append(known.empty() ? "" : ", ").append(tenant.value);
  return Error(ErrorCode::TenantNotFound, "The store has no checkouts of tenant " + wanted->value +
                                              (known.empty() ? "." : "; it has some of " + known + "."));
}

}  // namespace

Result<SagaList> readList(Store& store, const SagaCommand& command, TimePoint now) {
  return readFor<SagaList>(store, [&](Transaction& tx) -> Result<SagaList> {
    CHECKOUT_ASSIGN(tenants, tenantsToLookAt(tx, command.tenant));
    SagaList list;
    for (const TenantId& tenant : tenants) {
      CHECKOUT_ASSIGN(unsettled, tx.sagas().unsettled(tenant, kMostOfATenant));
      list.complete = list.complete && unsettled.sagas.size() < static_cast<std::size_t>(kMostOfATenant);
      for (Saga& saga : unsettled.sagas)
        if (!command.stuckOnly || saga::whyStuck(saga, now)) list.sagas.push_back(std::move(saga));
      for (const SagaId& id : unsettled.unreadable) list.unreadable.push_back({tenant, id});
    }
    std::stable_sort(list.sagas.begin(), list.sagas.end(),
                     [](const Saga& a, const Saga& b) { return a.updatedAt < b.updatedAt; });
    return list;
  });
}

std::string renderList(const SagaList& list, const SagaCommand& command, TimePoint now) {
  Page page;
  const std::string whose = command.tenant ? " of " + command.tenant->value : "";
  for (const auto& [tenant, id] : list.unreadable)
    page.line("The stored form of " + id.value + " (" + tenant.value +
              ") can't be read: it is damaged, or a newer release's.");
  if (list.sagas.empty()) {
    page.line("No checkout" + whose + (command.stuckOnly ? " is stuck." : " is under way."));
    return page.text();
  }
  std::vector<std::vector<std::string>> rows = {
      {"SAGA", "TENANT", "STATUS", "STEP", "CHANGED", "TOTAL", "STUCK"}};
  std::size_t stuck = 0;
  for (const Saga& saga : list.sagas) {
    const std::string why = stuckOrNothing(saga, now);
    stuck += why.empty() ? 0 : 1;
    rows.push_back({saga.id.value, saga.tenantId.value, std::string(toString(saga.status)),
                    saga.currentStep ? std::string(toString(*saga.currentStep)) : "-",
                    roughly(now - saga.updatedAt) + " ago", display(saga.totals.total),
                    why.empty() ? "-" : why});
  }
  for (const std::string& line : aligned(rows)) page.line(line);
  page.gap();
  const std::size_t count = list.sagas.size();
  std::string summary = std::to_string(count) + (count == 1 ? " checkout" : " checkouts") + whose;
  summary.append(command.stuckOnly ? ", stuck" : ", " + std::to_string(stuck) + " stuck");
  page.line(summary + ". What happened to one: checkout-mcp saga show SAGA_ID");
  if (!list.complete)
    page.line("There are more: only the " + std::to_string(kMostOfATenant) +
              " of a tenant were looked at whose last change is oldest.");
  return page.text();
}

Json listToJson(const SagaList& list, TimePoint now) {
  Json sagas = Json::array();
  for (const Saga& saga : list.sagas) {
    const std::string why = stuckOrNothing(saga, now);
    sagas.push_back({{"sagaId", saga.id.value},
                     {"tenantId", saga.tenantId.value},
                     {"status", toString(saga.status)},
                     {"currentStep", saga.currentStep ? Json(toString(*saga.currentStep)) : Json()},
                     {"updatedAt", toIso8601(saga.updatedAt)},
                     {"ageMs", (now - saga.updatedAt).count()},
                     {"total", toJson(saga.totals.total)},
                     {"stuck", why.empty() ? Json() : Json(why)}});
  }
  Json unreadable = Json::array();
  for (const auto& [tenant, id] : list.unreadable)
    unreadable.push_back({{"tenantId", tenant.value}, {"sagaId", id.value}});
  return {{"sagas", std::move(sagas)}, {"unreadable", std::move(unreadable)}, {"complete", list.complete}};
}

}  // namespace checkout::app::operate
