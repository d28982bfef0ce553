#include "base/seal.hpp"

#include <gtest/gtest.h>

#include "base/base64.hpp"

namespace checkout {
namespace {

TEST(Seal, GivesBackWhatWasSealed) {
  const Secret key = newSealKey();
  for (const std::string& text : {std::string(), std::string("x"), std::string(100'000, '\0')})
    EXPECT_EQ(unseal(key, "for whom", seal(key, "for whom", text)), text);
}

TEST(Seal, HidesItsTextAndNeverRepeatsItself) {
  const Secret key = newSealKey();
  EXPECT_NE(seal(key, "", "same"), seal(key, "", "same"));
  EXPECT_EQ(fromBase64Url(seal(key, "", "something long enough"))->find("long"), std::string::npos);
}

TEST(Seal, OpensForNobodyElse) {
  const Secret key = newSealKey();
  const std::string sealed = seal(key, "alice", "text");
  EXPECT_EQ(unseal(newSealKey(), "alice", sealed), std::nullopt);
  EXPECT_EQ(unseal(key, "mallory", sealed), std::nullopt);
}

TEST(Seal, NoticesEveryChangedCharacter) {
  const Secret key = newSealKey();
  const std::string sealed = seal(key, "", "text");
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    std::string changed = sealed;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_EQ(unseal(key, "", changed), std::nullopt) << i;
  }
  for (const std::string& changed : {sealed + "-TAMPERED", sealed.substr(1), sealed + "=", std::string()})
    EXPECT_EQ(unseal(key, "", changed), std::nullopt) << changed;
}

TEST(Base64, FollowsTheVectorsOfRfc4648) {
  const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : vectors) {
    EXPECT_EQ(toBase64(bytes), text);
    EXPECT_EQ(fromBase64(text), bytes);
  }
  EXPECT_EQ(toBase64Url("\xfb\xff\xfe"), "-__-");
  EXPECT_EQ(fromBase64Url("-__-"), "\xfb\xff\xfe");
}

TEST(Base64, RefusesWhatItWouldNotHaveWritten) {
  for (const char* text : {"Zg", "Zg=", "Zh==", "Z===", "Zm9v\n", "Zm 9", "====", "Zm9=Zm9v"})
    EXPECT_EQ(fromBase64(text), std::nullopt) << text;
  for (const char* text : {"Zg==", "+A", "Zh", "Z"}) EXPECT_EQ(fromBase64Url(text), std::nullopt) << text;
}

}  // namespace
}  // namespace checkout
