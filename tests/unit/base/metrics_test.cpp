#include "base/metrics.hpp"

#include <thread>

#include <gtest/gtest.h>

namespace checkout {
namespace {

TEST(Metrics, RendersPrometheusText) {
  Metrics metrics;
  metrics.counter("requests_total", "Requests answered.", {{"route", "/mcp"}, {"status", "200"}}).add(3);
  metrics.counter("requests_total", "Requests answered.", {{"route", "/mcp"}, {"status", "200"}}).add();
  metrics.counter("requests_total", "Requests answered.", {{"route", "/healthz"}, {"status", "200"}}).add();
  metrics.gauge("connections", "Open connections.").set(7);
  EXPECT_EQ(metrics.render(),
            "# HELP connections Open connections.\n"
            "# TYPE connections gauge\n"
            "connections 7\n"
            "# HELP requests_total Requests answered.\n"
            "# TYPE requests_total counter\n"
            "requests_total{route=\"/healthz\",status=\"200\"} 1\n"
            "requests_total{route=\"/mcp\",status=\"200\"} 4\n");
}

TEST(Metrics, EscapesLabelValues) {
  Metrics metrics;
  metrics.gauge("g", "h", {{"l", "a\"b\\c\nd"}}).set(1);
  EXPECT_NE(metrics.render().find(R"(g{l="a\"b\\c\nd"} 1)"), std::string::npos);
}

TEST(Metrics, CountsFromManyThreads) {
  Metrics metrics;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&] {
        for (int i = 0; i < 1000; ++i) metrics.counter("c", "h", {{"n", std::to_string(i % 3)}}).add();
      });
  }
  std::int64_t sum = 0;
  for (int n = 0; n < 3; ++n) sum += metrics.counter("c", "h", {{"n", std::to_string(n)}}).get();
  EXPECT_EQ(sum, 4000);
}

}  // namespace
}  // namespace checkout
