#include "app/operate/operate.hpp"

#include <iostream>

#include "app/commands.hpp"
#include "app/operate/ask.hpp"
#include "app/operate/printable.hpp"
#include "app/operate/saga_list.hpp"
#include "app/operate/saga_report.hpp"
#include "app/operate/stock_desk.hpp"
#include "app/runtime.hpp"
#include "store/open_store.hpp"

namespace checkout::app::operate {
namespace {

using Action = SagaCommand::Action;

// Where http listens unless it is told otherwise: a payment page that a retry opens leads back there.
constexpr const char* kDefaultPublicUrl = "http://127.0.0.1:8080";

constexpr int kFailed = 1, kBadUsage = 2;

int failed(const Error& error, int exitCode = kFailed) {
  std::cerr << "checkout-mcp: " + printable(error.message) + "\n";
  return exitCode;
}

// ValidationFailed means that what was given on the command line can't work.
int failedToBegin(const Error& error) {
  return failed(error, error.code == ErrorCode::ValidationFailed ? kBadUsage : kFailed);
}

void print(const std::string& text) {
  std::cout << text << std::flush;
}

std::string dumped(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

int list(Store& store, const SagaCommand& command, TimePoint now) {
  const auto found = readList(store, command, now);
  if (!found.ok()) return failed(found.error());
  print(command.asJson ? dumped(listToJson(*found, now)) : renderList(*found, command, now));
  return 0;
}

Result<void> checkTenant(const Config& config, const Saga& saga, const SagaCommand& command) {
  for (const Tenant& tenant : config.tenants) {
    if (tenant.id != saga.tenantId) continue;
    if (!tenant.stripe.sandbox || command.action == Action::Resolve) return {};
    return Error(ErrorCode::InvalidState,
                 "Tenant " + tenant.id.value +
                     " is paid at the simulator, which lives in the server's process and forgets everything "
                     "with it. Start the server and repeat this" +
                     (command.action == Action::Show ? "." : ", or settle it with saga resolve."));
  }
  return Error(ErrorCode::ValidationFailed, "The checkout is of tenant " + saga.tenantId.value +
                                                ", which is not in " + config.name +
                                                ". Pass the server's configuration with --config FILE.");
}

// With the store open in this process. Details of the error: lockedBy, if another one has it.
Result<DeskAnswer> performHere(const Options& options, Config config) {
  RuntimeOptions runtimeOptions;
  runtimeOptions.store = options.store;
  runtimeOptions.publicUrl = config.publicUrl.empty() ? kDefaultPublicUrl : config.publicUrl;
  runtimeOptions.serves = false;
  const auto runtime = Runtime::start(std::move(config), runtimeOptions);
  if (!runtime.ok()) return runtime.error();
  Desk desk((*runtime)->store(), (*runtime)->checkouts(), (*runtime)->clock());
  return desk.perform(options.saga);
}

// Done by the process that has the store open, or by this one if there is none. nullopt: the configuration is
// of no use, and it was said why.
std::optional<Result<DeskAnswer>> ask(const Options& options, const Environment& environment,
                                      const Saga& saga) {
  std::optional<Config> config;
  bool isOfNoUse = false;
  auto answer = askHolder(options.store, toLine(options.saga), [&]() -> Result<DeskAnswer> {
    if (!config) config = configFor(options, environment);
    isOfNoUse = !config;
    if (isOfNoUse) return Error(ErrorCode::ValidationFailed, "the configuration is of no use");
    CHECKOUT_TRY(checkTenant(*config, saga, options.saga));
    return performHere(options, *config);
  });
  if (isOfNoUse) return std::nullopt;
  return answer;
}

int tell(const Result<DeskAnswer>& answer) {
  if (!answer.ok()) return failedToBegin(answer.error());
  for (const std::string& text : answer->lines) print(printable(text) + "\n");
  return answer->error ? failed(*answer->error) : 0;
}

int perform(const Options& options, const Environment& environment, const Saga& saga) {
  const auto answer = ask(options, environment, saga);
  return answer ? tell(*answer) : kBadUsage;
}

int listStock(Store& store, const StockCommand& command) {
  const auto stock = readFor<std::vector<ProductStock>>(
      store, [&](Transaction& tx) { return tx.stock().list(command.tenant); });
  if (!stock.ok()) return failed(stock.error());
  print(command.asJson ? dumped(stockToJson(*stock, command.tenant)) : renderStock(*stock, command.tenant));
  return 0;
}

// Prints why not if Stripe could not be asked; 0 if it could.
int addPage(SagaReport& report, const Options& options, const Environment& environment) {
  if (!report.saga.payment.sessionId)
    return failed({ErrorCode::InvalidState, "No payment page was ever opened for this checkout."});
  auto answer = ask(options, environment, report.saga);
  if (!answer) return kBadUsage;
  if (!answer->ok()) return failedToBegin(answer->error());
  if ((*answer)->error) return failed(*(*answer)->error);
  report.pageLines = std::move((*answer)->page);
  return 0;
}

int show(Store& store, const Options& options, const Environment& environment, TimePoint now) {
  const SagaCommand& command = options.saga;
  auto report = readReport(store, command.sagaId);
  if (!report.ok()) return failed(report.error());
  const int asked = command.withPage ? addPage(*report, options, environment) : 0;
  print(command.asJson ? dumped(reportToJson(*report, now)) : renderReport(*report, now));
  return checkHistory(*report).empty() ? asked : kFailed;
}

}  // namespace

int run(const Options& options, const Environment& environment) {
  const SagaCommand& command = options.saga;
  const TimePoint now = SystemClock{}.now();
  const auto store = store::openStoreForReading(options.store);
  if (!store.ok()) return failedToBegin(store.error());
  if (command.action == Action::Show) return show(**store, options, environment, now);
  if (command.action == Action::List) return list(**store, command, now);
  const auto saga = readFor<Saga>(**store, [&](Transaction& tx) { return findSaga(tx, command.sagaId); });
  return saga.ok() ? perform(options, environment, *saga) : failed(saga.error());
}

int runStock(const Options& options) {
  const StockCommand& command = options.stock;
  // A path that has no store is a mistake; opening one to write would make it.
  const auto existing = store::openStoreForReading(options.store);
  if (!existing.ok()) return failedToBegin(existing.error());
  if (command.action == StockCommand::Action::List) return listStock(**existing, command);
  return tell(askHolder(options.store, toLine(command), [&]() -> Result<DeskAnswer> {
    CHECKOUT_ASSIGN(store, store::openStore(options.store));
    return operate::perform(*store, command);
  }));
}

}  // namespace checkout::app::operate
