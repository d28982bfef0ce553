#include "app/operate/operate.hpp"

#include <iostream>
#include <thread>

#include "app/commands.hpp"
#include "app/operate/door.hpp"
#include "app/operate/printable.hpp"
#include "app/operate/saga_list.hpp"
#include "app/operate/saga_report.hpp"
#include "app/runtime.hpp"
#include "store/open_store.hpp"

namespace checkout::app::operate {
namespace {

using Action = SagaCommand::Action;

// Longer than the server waits for a busy checkout and then for Stripe.
constexpr Milliseconds kAnswerPatience{180'000};
// A server that starts or stops has the store for a moment without answering.
constexpr auto kHandOver = std::chrono::seconds(5);
constexpr Milliseconds kLookAgain{100};
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

bool isLocked(const Result<DeskAnswer>& answer) {
  return !answer.ok() && answer.error().details.is_object() && answer.error().details.contains("lockedBy");
}

Error lockedAndSilent(const std::string& socket) {
  return {ErrorCode::ServiceUnavailable,
          "Another process has the store open and does not answer at " + socket +
              ". If it is a server, its log says why it has no socket; stop it, and repeat this."};
}

// Done by the process that has the store open, or by this one if there is none. nullopt: the configuration is
// of no use, and it was said why.
std::optional<Result<DeskAnswer>> ask(const Options& options, const Environment& environment,
                                      const Saga& saga) {
  const auto file = store::fileOfStore(options.store);
  if (!file.ok()) return file.error();
  const std::string socket = socketBeside(*file), line = toLine(options.saga);
  std::optional<Config> config;
  const auto deadline = std::chrono::steady_clock::now() + kHandOver;
  for (;;) {
    const auto heard = transport::askLocalSocket(socket, line, kAnswerPatience);
    if (!heard.ok()) return heard.error();
    if (heard->has_value()) return answerFromLine(**heard);

    if (!config) config = configFor(options, environment);
    if (!config) return std::nullopt;
    const auto usable = checkTenant(*config, saga, options.saga);
    if (!usable.ok()) return usable.error();
    auto answer = performHere(options, *config);
    if (!isLocked(answer)) return answer;
    if (std::chrono::steady_clock::now() >= deadline) return lockedAndSilent(socket);
    std::this_thread::sleep_for(kLookAgain);
  }
}

int perform(const Options& options, const Environment& environment, const Saga& saga) {
  const auto answer = ask(options, environment, saga);
  if (!answer) return kBadUsage;
  if (!answer->ok()) return failedToBegin(answer->error());
  for (const std::string& text : (*answer)->lines) print(printable(text) + "\n");
  return (*answer)->error ? failed(*(*answer)->error) : 0;
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

}  // namespace checkout::app::operate
