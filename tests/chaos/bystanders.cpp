#include "chaos/bystanders.hpp"

#include <fstream>
#include <sstream>

#include "chaos/merchant.hpp"

namespace checkout::chaos {
namespace {

constexpr Milliseconds kMerchantRests{250}, kOperatorRests{400};
constexpr Milliseconds kStep{20};

}  // namespace

Bystanders::Bystanders(Town& town, const ServerSetup& setup, std::string storeUrl, std::uint64_t seed)
    : town_(town), setup_(setup), storeUrl_(std::move(storeUrl)), seed_(seed) {
  merchant_ = std::thread([this] { playMerchant(); });
  operator_ = std::thread([this] { playOperator(); });
}

Bystanders::~Bystanders() {
  stopping_ = true;
  merchant_.join();
  operator_.join();
}

bool Bystanders::rest(Milliseconds time) {
  for (Milliseconds left = time; left.count() > 0 && !stopping_; left -= kStep) pause(kStep);
  return !stopping_;
}

void Bystanders::playMerchant() {
  std::mt19937_64 dice(seed_ + 1);
  const auto below = [&](int end) { return static_cast<int>(dice() % static_cast<std::uint64_t>(end)); };
  while (rest(kMerchantRests)) {
    const Shop& shop = town_.shops[dice() % town_.shops.size()];
    Merchant merchant(
        [&](const std::string& method, const std::string& target, const std::string& form) {
          return town_.simulator.send(method, target, form, shop.secretKey).body;
        },
        below);
    merchant.act();
  }
}

// Only ever through the server: without a configuration the command does nothing by itself, and so nothing by
// another clock than the server's.
std::string Bystanders::saga(std::vector<std::string> words) {
  Launch launch;
  launch.program = setup_.program;
  launch.arguments = {"saga"};
  launch.arguments.insert(launch.arguments.end(), words.begin(), words.end());
  launch.arguments.insert(launch.arguments.end(), {"--store", storeUrl_});
  launch.log = setup_.folder / "operator.txt";
  std::error_code ignored;
  std::filesystem::remove(launch.log, ignored);
  const auto command = Process::start(launch);
  if (!command.ok()) return "";
  while ((*command)->isRunning() && !stopping_) pause(Milliseconds(10));
  std::ostringstream printed;
  printed << std::ifstream(launch.log).rdbuf();
  return printed.str();
}

void Bystanders::lookAfterStuck(std::mt19937_64& dice) {
  const Json list = Json::parse(saga({"list", "--stuck", "--format", "json"}), nullptr, false);
  const Json stuck = list.is_object() ? list.value("sagas", Json::array()) : Json::array();
  if (stuck.empty()) return;
  const std::string id = stuck[dice() % stuck.size()].value("sagaId", "");
  if (dice() % 6 != 0) {
    saga({"retry", id, "--operator", "ann"});
    return;
  }
  town_.history.resolve(id);
  saga({"resolve", id, "--reason", "settled by hand", "--operator", "ann"});
}

void Bystanders::refundSomething(std::mt19937_64& dice) {
  const auto bought = town_.history.completed();
  if (bought.empty()) return;
  std::vector<std::string> words = {"refund", bought[dice() % bought.size()], "--reason", "a scratch"};
  if (dice() % 3 != 0) words.insert(words.end(), {"--amount", "50"});
  words.insert(words.end(), {"--operator", "bob"});
  saga(std::move(words));
}

void Bystanders::playOperator() {
  std::mt19937_64 dice(seed_ + 2);
  while (rest(kOperatorRests)) {
    if (dice() % 3 == 0)
      refundSomething(dice);
    else
      lookAfterStuck(dice);
  }
}

}  // namespace checkout::chaos
