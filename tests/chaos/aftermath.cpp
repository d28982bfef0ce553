#include "chaos/aftermath.hpp"

#include <algorithm>

#include "store/open_store.hpp"

namespace checkout::chaos {

std::size_t survey(Town& town) {
  std::size_t moving = 0;
  for (const History::Handle handle : town.history.unfinished()) {
    const Purchase purchase = town.history.purchase(handle);
    const auto shop = std::find_if(town.shops.begin(), town.shops.end(),
                                   [&](const Shop& one) { return one.tenant == purchase.tenant; });
    Shopper shopper(town, {&*shop, purchase.user.value.substr(std::string("user-").size()), handle}, 1);
    const Answer list = shopper.call("checkout_list", {{"userId", purchase.user.value}});
    for (const Json& saga : list.content.value("sagas", Json::array())) {
      const std::string status = textAt(saga, "/status");
      shopper.note([&](Purchase& changed) { changed.lastStatus = status; });
      const auto known = sagaStatusFromString(status);
      if (known && !isTerminal(*known) && *known != SagaStatus::Pending) ++moving;
    }
  }
  return moving;
}

Result<Verdict> examineAfter(Town& town, const Server& server, TimePoint calmSince) {
  CHECKOUT_ASSIGN(store, store::openStore(server.storeUrl()));
  Evidence evidence{*store,          town.shops, {}, town.history, town.simulator.clock().now(),
                    server.folder(), calmSince};
  for (const Shop& shop : town.shops) evidence.ledgers[shop.tenant] = town.simulator.ledger(shop.secretKey);
  return examine(evidence);
}

}  // namespace checkout::chaos
