#include "app/state_key.hpp"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/seal.hpp"

namespace checkout::app {
namespace {

class StateKey : public ::testing::Test {
 protected:
  StateKey() {
    std::string pattern = (std::filesystem::temp_directory_path() / "checkout-key-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) std::abort();
    folder_ = pattern;
  }
  ~StateKey() override { std::filesystem::remove_all(folder_); }

  std::string store() const { return "sqlite:" + (folder_ / "shop.db").string(); }
  std::filesystem::path file() const { return folder_ / "shop.db.key"; }

 private:
  std::filesystem::path folder_;
};

TEST_F(StateKey, IsTheSameAfterARestart) {
  const Secret first = stateKeyBeside(store());
  EXPECT_EQ(first.reveal().size(), kSealKeyBytes);
  EXPECT_EQ(stateKeyBeside(store()).reveal(), first.reveal());
}

TEST_F(StateKey, IsReadableByItsOwnerOnly) {
  stateKeyBeside(store());
  struct stat about {};
  ASSERT_EQ(::stat(file().c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777, 0600u);
}

TEST_F(StateKey, TakesThePlaceOfAFileThatIsNone) {
  std::ofstream(file()) << "too short";
  const Secret made = stateKeyBeside(store());
  EXPECT_EQ(made.reveal().size(), kSealKeyBytes);
  EXPECT_EQ(stateKeyBeside(store()).reveal(), made.reveal());
}

TEST_F(StateKey, ServesThisProcessOnlyWhereItCannotBeKept) {
  std::filesystem::create_directory(file());
  EXPECT_EQ(stateKeyBeside(store()).reveal().size(), kSealKeyBytes);
  EXPECT_NE(stateKeyBeside(store()).reveal(), stateKeyBeside(store()).reveal());
}

}  // namespace
}  // namespace checkout::app
