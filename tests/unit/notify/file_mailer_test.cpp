#include "notify/file_mailer.hpp"

#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <sys/stat.h>

namespace checkout::notify {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class FileMailerTest : public testing::Test {
 protected:
  FileMailerTest() {
    std::string pattern = (fs::temp_directory_path() / "checkout-mail-XXXXXX").string();
    root_ = mkdtemp(pattern.data());
  }
  ~FileMailerTest() override { fs::remove_all(root_); }

  std::vector<std::string> names(const fs::path& folder) const {
    std::vector<std::string> found;
    for (const auto& entry : fs::directory_iterator(folder))
      found.push_back(entry.path().filename().string());
    return found;
  }
  static std::string content(const fs::path& file) {
    std::ostringstream text;
    text << std::ifstream(file, std::ios::binary).rdbuf();
    return text.str();
  }
  static Email mail(std::string id, std::string text = "Hello") {
    return {std::move(id), "a@b.example", "c@d.example", "S", std::move(text)};
  }

  fs::path root_;
};

TEST_F(FileMailerTest, MakesAFolderThatOnlyItsOwnerReads) {
  const fs::path folder = root_ / "outbox";
  ASSERT_TRUE(makeFileMailer(folder)->deliver(mail("id-1")).ok());
  EXPECT_EQ(fs::status(folder).permissions(), fs::perms::owner_all);
}

TEST_F(FileMailerTest, WritesOneFileAMessageIntoAFolderItCreates) {
  const auto mailer = makeFileMailer(root_ / "deep" / "outbox");
  ASSERT_TRUE(mailer->deliver(mail("one")).ok());
  ASSERT_TRUE(mailer->deliver(mail("two")).ok());
  EXPECT_THAT(names(root_ / "deep" / "outbox"), testing::UnorderedElementsAre("one.eml", "two.eml"));
  EXPECT_THAT(content(root_ / "deep" / "outbox" / "one.eml"), HasSubstr("To: c@d.example\r\n"));
}

TEST_F(FileMailerTest, ReplacesTheFileWhenAMessageIsDeliveredAgain) {
  const auto mailer = makeFileMailer(root_);
  ASSERT_TRUE(mailer->deliver(mail("one", "first")).ok());
  ASSERT_TRUE(mailer->deliver(mail("one", "second")).ok());
  EXPECT_THAT(names(root_), testing::ElementsAre("one.eml"));
  EXPECT_THAT(content(root_ / "one.eml"), HasSubstr("second"));
}

TEST_F(FileMailerTest, LetsNoIdLeaveTheFolder) {
  const auto mailer = makeFileMailer(root_ / "box");
  for (const char* id : {"../escape", "/abs", "..", "", "a/b", ".hidden"})
    ASSERT_TRUE(mailer->deliver(mail(id)).ok()) << id;
  EXPECT_THAT(names(root_), testing::ElementsAre("box"));
  EXPECT_EQ(names(root_ / "box").size(), 6u);
}

TEST_F(FileMailerTest, KeepsMailFromOtherUsersOfTheMachine) {
  ASSERT_TRUE(makeFileMailer(root_)->deliver(mail("one")).ok());
  struct stat facts {};
  ASSERT_EQ(stat((root_ / "one.eml").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600u);
}

TEST_F(FileMailerTest, ReportsAFolderItCannotUseAndLeavesNothingBehind) {
  std::ofstream(root_ / "file") << "in the way";
  const auto result = makeFileMailer(root_ / "file")->deliver(mail("one"));
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, ErrorCode::ServiceUnavailable);
  fs::create_directories(root_ / "box" / "one.eml" / "occupied");
  EXPECT_FALSE(makeFileMailer(root_ / "box")->deliver(mail("one")).ok());
  EXPECT_THAT(names(root_ / "box"), testing::ElementsAre("one.eml"));
}

}  // namespace
}  // namespace checkout::notify
