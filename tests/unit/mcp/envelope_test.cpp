#include "mcp/envelope.hpp"

#include <gtest/gtest.h>

namespace checkout::mcp {
namespace {

using Kind = Envelope::Kind;

struct Case {
  const char* name;
  const char* message;
  Kind kind;
  int code;        // of an Invalid one
  const char* id;  // as JSON
};

class EnvelopeTable : public ::testing::TestWithParam<Case> {};

TEST_P(EnvelopeTable, IsReadAsWhatItIs) {
  const Envelope envelope = readEnvelope(Json::parse(GetParam().message));
  EXPECT_EQ(envelope.kind, GetParam().kind);
  EXPECT_EQ(envelope.id, Json::parse(GetParam().id));
  if (GetParam().kind == Kind::Invalid) {
    EXPECT_EQ(envelope.problem.code, GetParam().code);
    EXPECT_EQ(envelope.problem.httpStatus, 400);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Messages, EnvelopeTable,
    ::testing::Values(
        Case{"IntegerId", R"({"jsonrpc":"2.0","id":0,"method":"m"})", Kind::Request, 0, "0"},
        Case{"StringId", R"({"jsonrpc":"2.0","id":"a","method":"m","params":{}})", Kind::Request, 0, "\"a\""},
        Case{"NegativeId", R"({"jsonrpc":"2.0","id":-5,"method":"m"})", Kind::Request, 0, "-5"},
        Case{"NoId", R"({"jsonrpc":"2.0","method":"m"})", Kind::Notification, 0, "null"},
        Case{"Result", R"({"jsonrpc":"2.0","id":1,"result":{}})", Kind::Response, 0, "1"},
        Case{"Error", R"({"jsonrpc":"2.0","error":{"code":1,"message":""}})", Kind::Response, 0, "null"},
        Case{"NullId", R"({"jsonrpc":"2.0","id":null,"method":"m"})", Kind::Invalid, kInvalidRequest, "null"},
        Case{"FractionId", R"({"jsonrpc":"2.0","id":1.5,"method":"m"})", Kind::Invalid, kInvalidRequest,
             "null"},
        Case{"BooleanId", R"({"jsonrpc":"2.0","id":true,"method":"m"})", Kind::Invalid, kInvalidRequest,
             "null"},
        Case{"ObjectId", R"({"jsonrpc":"2.0","id":{},"method":"m"})", Kind::Invalid, kInvalidRequest, "null"},
        Case{"NoVersion", R"({"id":1,"method":"m"})", Kind::Invalid, kInvalidRequest, "1"},
        Case{"OldVersion", R"({"jsonrpc":"1.0","id":1,"method":"m"})", Kind::Invalid, kInvalidRequest, "1"},
        Case{"NumberVersion", R"({"jsonrpc":2.0,"id":1,"method":"m"})", Kind::Invalid, kInvalidRequest, "1"},
        Case{"NoMethod", R"({"jsonrpc":"2.0","id":1})", Kind::Invalid, kInvalidRequest, "1"},
        Case{"NumberMethod", R"({"jsonrpc":"2.0","id":1,"method":1})", Kind::Invalid, kInvalidRequest, "1"},
        Case{"StringParams", R"({"jsonrpc":"2.0","id":1,"method":"m","params":"p"})", Kind::Invalid,
             kInvalidRequest, "1"},
        Case{"ArrayParams", R"({"jsonrpc":"2.0","id":1,"method":"m","params":[]})", Kind::Invalid,
             kInvalidParams, "1"},
        Case{"String", R"("hello")", Kind::Invalid, kInvalidRequest, "null"},
        Case{"Number", "42", Kind::Invalid, kInvalidRequest, "null"},
        Case{"EmptyObject", "{}", Kind::Invalid, kInvalidRequest, "null"}),
    [](const auto& info) { return info.param.name; });

TEST(Messages, KeepTheTypeOfTheId) {
  EXPECT_EQ(resultMessage("7", "{}"), R"({"jsonrpc":"2.0","id":"7","result":{}})");
  EXPECT_EQ(resultMessage(7, "{}"), R"({"jsonrpc":"2.0","id":7,"result":{}})");
}

TEST(Messages, SurviveBytesThatAreNoUtf8) {
  EXPECT_EQ(dumpJson(Json("a\xff")), "\"a\xEF\xBF\xBD\"");
}

TEST(Messages, QuoteOnlyTheBeginningOfLongInput) {
  std::string input(63, 'x');
  std::string expected = "\"";
  expected.append(input).append("…\"");
  input.append("ééé");  // the first of them straddles the cut
  EXPECT_EQ(quoteShort(input), expected);
}

}  // namespace
}  // namespace checkout::mcp
