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

TEST_F(StateKey, IsMadeAnewIfOthersCouldReadOrWriteTheOldOne) {
  for (const mode_t mode : {0640, 0604, 0620, 0602}) {
    const Secret old = stateKeyBeside(store());
    ASSERT_EQ(::chmod(file().c_str(), mode), 0);
    const Secret made = stateKeyBeside(store());
    EXPECT_NE(made.reveal(), old.reveal());
    EXPECT_EQ(stateKeyBeside(store()).reveal(), made.reveal());
    struct stat about {};
    ASSERT_EQ(::stat(file().c_str(), &about), 0);
    EXPECT_EQ(about.st_mode & 0777, 0600u);
  }
}

TEST_F(StateKey, IsMadeAnewIfItIsAnotherUsers) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a file away";
  const Secret old = stateKeyBeside(store());
  ASSERT_EQ(::chown(file().c_str(), 65534, 65534), 0);
  const Secret made = stateKeyBeside(store());
  EXPECT_NE(made.reveal(), old.reveal());
  EXPECT_EQ(stateKeyBeside(store()).reveal(), made.reveal());
}

TEST_F(StateKey, IsNotReadThroughALinkOrAPipe) {
  const Secret elsewhere = stateKeyBeside(store());
  std::filesystem::rename(file(), file().string() + ".kept");
  std::filesystem::create_symlink(file().string() + ".kept", file());
  EXPECT_NE(stateKeyBeside(store()).reveal(), elsewhere.reveal());

  std::filesystem::remove(file());
  ASSERT_EQ(::mkfifo(file().c_str(), 0600), 0);
  const Secret made = stateKeyBeside(store());
  EXPECT_EQ(stateKeyBeside(store()).reveal(), made.reveal());
}

}  // namespace
}  // namespace checkout::app
