#include "app/demo/demo.hpp"

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <sstream>

#include "app/demo/child.hpp"
#include "app/demo/mcp_client.hpp"
#include "app/demo/screen.hpp"
#include "app/demo/shopping.hpp"
#include "stripe/http_client.hpp"

namespace checkout::app::demo {
namespace {

namespace fs = std::filesystem;

constexpr Milliseconds kStartPatience{10'000};
constexpr std::size_t kTailLines = 20;

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::error_code failed;
    std::string pattern = (fs::temp_directory_path(failed) / "checkout-mcp-demo-XXXXXX").string();
    if (!failed && ::mkdtemp(pattern.data()) != nullptr) path_ = pattern;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const fs::path& path() const { return path_; }  // empty: there is none

 private:
  fs::path path_;
};

struct Act {
  std::string title;
  bool overHttp = false;
  Trip trip;
};

std::vector<std::string> childArguments(const Options& options, bool overHttp, const fs::path& folder) {
  std::vector<std::string> words = {overHttp ? "http" : "stdio"};
  if (overHttp) words.insert(words.end(), {"--listen", "127.0.0.1:0"});
  if (options.config) words.insert(words.end(), {"--config", *options.config});
  words.insert(words.end(), {"--store", options.storeGiven ? options.store
                                                           : "sqlite:" + (folder / "checkout.db").string()});
  return words;
}

class Stage {
 public:
  Stage(const Options& options, const StopSignal& stop, Screen& screen)
      : options_(options), stop_(stop), screen_(screen), http_(stripe::makeHttpClient()) {}

  // The order, or nullopt after having said what went wrong.
  std::optional<Json> perform(Act act) {
    screen_.heading(act.title);
    const TemporaryFolder folder;
    if (folder.path().empty())
      return fail(
          "making a temporary folder",
          Error(ErrorCode::ServiceUnavailable, "Expected TMPDIR, or else /tmp, to be a writable folder."),
          nullptr);
    auto child = Child::start(childArguments(options_, act.overHttp, folder.path()), stop_.descriptor());
    if (!child.ok()) return fail("starting the server", child.error(), nullptr);
    std::string step = "starting the server";
    auto order = shop(act, **child, step);
    if (order.ok()) return std::move(*order);
    return fail(step, order.error(), child->get());
  }

 private:
  Result<Json> shop(Act& act, Child& server, std::string& step) {
    CHECKOUT_ASSIGN(sandboxUrl, server.announced("sandbox listening on ", kStartPatience));
    act.trip.sandboxUrl = sandboxUrl;
    act.trip.stopFd = stop_.descriptor();
    std::unique_ptr<McpClient> client;
    if (act.overHttp) {
      CHECKOUT_ASSIGN(url, server.announced("listening on ", kStartPatience));
      client = makeWebClient(*http_, url.substr(0, url.rfind("/mcp")));
    } else {
      client = makePipeClient(server);
    }
    step = "greeting the server";
    CHECKOUT_TRY(client->open());
    step = "tools/list";
    screen_.call(step, Json::object());
    CHECKOUT_ASSIGN(tools, client->request("tools/list", Json::object()));
    screen_.answer(std::to_string(tools.value("tools", Json::array()).size()) + " tools");
    Shopping shopping(*client, *http_, screen_, act.trip);
    auto order = shopping.play();
    step = shopping.step();
    return order;
  }

  std::nullopt_t fail(const std::string& step, const Error& error, Child* server) {
    screen_.failure("The demo broke at: " + step);
    screen_.plain(error.message);
    if (server != nullptr) {
      screen_.plain("The server's last words on stderr:");
      std::istringstream tail(server->stderrTail(kTailLines));
      for (std::string line; std::getline(tail, line);) screen_.plain("  " + line);
    }
    return std::nullopt;
  }

  const Options& options_;
  const StopSignal& stop_;
  Screen& screen_;
  const std::unique_ptr<HttpClient> http_;
};

std::string describe(const std::string& way, const Json& order) {
  const auto total = order["totals"]["total"]["display"].get<std::string>();
  return way + ": order " + order["orderId"].get<std::string>() + " is confirmed, " + total + " paid";
}

}  // namespace

int play(const Options& options, const StopSignal& stop) {
  const auto start = std::chrono::steady_clock::now();
  Screen screen;
  Stage stage(options, stop, screen);
  const auto parcel =
      stage.perform({"1. A parcel, bought over stdio (MCP 2025-11-25); the payment is found by asking Stripe",
                     false,
                     {"physical", false, "poll", "", -1}});
  if (!parcel) return 1;
  const auto download =
      stage.perform({"2. A download, bought over HTTP (MCP 2026-07-28); a webhook reports the payment",
                     true,
                     {"digital", true, "webhook", "", -1}});
  if (!download) return 1;

  const auto millis =
      std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now() - start).count();
  screen.heading("Done");
  screen.success(describe("stdio", *parcel));
  screen.success(describe("http", *download));
  screen.plain("Both checkouts took " + std::to_string(millis) +
               " ms. No card number passed through the agent.");
  return 0;
}

}  // namespace checkout::app::demo
