// A client of one HTTP exchange, that keeps what it gets.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <checkout/http.hpp>
#include <checkout/json.hpp>

namespace checkout::transport {

struct Recorder final : HttpResponder {
  HttpResponse response;
  std::vector<std::string> chunks;
  bool begun = false, finished = false;
  bool gone = false;  // as if the client had closed
  std::mutex mutex;   // streams are kept alive by another thread
  std::function<void()> disconnect = [] {};

  void respond(HttpResponse r) override {
    response = std::move(r);
    finished = true;
  }
  void begin(int status, HttpHeaders headers) override {
    response.status = status;
    response.headers = std::move(headers);
    begun = true;
  }
  bool write(std::string chunk) override {
    std::lock_guard lock(mutex);
    if (gone || finished) return false;
    chunks.push_back(std::move(chunk));
    return true;
  }
  void finish() override { finished = true; }
  void onDisconnect(std::function<void()> callback) override { disconnect = std::move(callback); }

  Json body() const { return Json::parse(response.body); }
};

}  // namespace checkout::transport
