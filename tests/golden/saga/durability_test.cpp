// Plays every script of this folder.
#include <algorithm>
#include <fstream>

#include "script.hpp"

namespace checkout::saga {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> scripts() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(CHECKOUT_SCRIPTS))
    if (entry.path().extension() == ".txt") names.push_back(entry.path().stem().string());
  std::sort(names.begin(), names.end());
  return names;
}

class Script : public Durability, public testing::WithParamInterface<std::string> {};

TEST_P(Script, IsPlayed) {
  std::ifstream file(fs::path(CHECKOUT_SCRIPTS) / (GetParam() + ".txt"));
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  ASSERT_FALSE(lines.empty());
  play(lines);
}

INSTANTIATE_TEST_SUITE_P(Durability, Script, testing::ValuesIn(scripts()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace checkout::saga
