// The picture of the machine in its decision record is drawn from the tables that the machine goes by.
#include <cstdlib>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "domain/transitions.hpp"
#include "saga/payment.hpp"

namespace checkout::saga {
namespace {

std::string drawing() {
  std::string text = "\n```mermaid\nstateDiagram-v2\n";
  using enum SagaStatus;
  for (const SagaStatus from :
       {Pending, InProgress, PaymentPending, Completed, Compensating, Compensated, Failed})
    for (const SagaStatus to :
         {Pending, InProgress, PaymentPending, Completed, Compensating, Compensated, Failed})
      if (from != to && domain::isLegalTransition(from, to))
        text.append("  ").append(toString(from)).append(" --> ").append(toString(to)).append("\n");
  text += "```\n\n```mermaid\nstateDiagram-v2\n";
  for (const auto& [from, to] : paymentTransitions())
    text.append("  ").append(toString(from)).append(" --> ").append(toString(to)).append("\n");
  return text + "```\n\n";
}

TEST(MachinePicture, IsDrawnFromTheTables) {
  const std::string begin = "<!-- machine: written by unit_saga, UPDATE_GOLDEN=1 -->\n",
                    end = "<!-- machine: end -->";
  std::stringstream page;
  page << std::ifstream(CHECKOUT_CORE_PAGE).rdbuf();
  std::string text = page.str();
  const auto from = text.find(begin), to = text.find(end);
  ASSERT_NE(from, std::string::npos);
  ASSERT_NE(to, std::string::npos);
  const auto at = from + begin.size();
  if (std::getenv("UPDATE_GOLDEN") != nullptr) {
    text.replace(at, to - at, drawing());
    std::ofstream(CHECKOUT_CORE_PAGE) << text;
    return;
  }
  EXPECT_EQ(text.substr(at, to - at), drawing()) << "UPDATE_GOLDEN=1 draws it anew";
}

}  // namespace
}  // namespace checkout::saga
