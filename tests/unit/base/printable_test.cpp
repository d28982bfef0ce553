#include "base/printable.hpp"

#include <gtest/gtest.h>

namespace checkout {
namespace {

TEST(Printable, LeavesNothingThatATerminalObeys) {
  EXPECT_EQ(printable("caf\xC3\xA9 \xE2\x82\xAC 5"), "caf\xC3\xA9 \xE2\x82\xAC 5");
  EXPECT_EQ(printable("a\x1B[31mb\nc\x7F"), "a?[31mb?c?");
  EXPECT_EQ(printable("\xC2\x9B"
                      "2J"),
            "?2J")
      << "C1";
  EXPECT_EQ(printable("\xFF\x9B"), "??") << "no UTF-8";
  EXPECT_EQ(printable("\xE2\x80\xAE"
                      "txt.exe"),
            "?txt.exe")
      << "right to left";
  EXPECT_EQ(printable("\xE2\x81\xA6x\xD8\x9C"), "?x?");
  EXPECT_EQ(printable("\xE2\x80\x93"), "\xE2\x80\x93") << "a dash";
}

}  // namespace
}  // namespace checkout
