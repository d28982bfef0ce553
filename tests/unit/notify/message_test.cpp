#include "notify/message.hpp"

#include <sstream>

#include <gmock/gmock.h>

namespace checkout::notify {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const TimePoint kDate = *timePointFromIso8601("2026-11-22T09:30:05.250Z");

Email mail() {
  return {"confirmation-order_1", "Shop <a@shop.example>", "buyer@home.example", "Your order", "Thanks.\n"};
}

std::vector<std::string> linesOf(const std::string& message) {
  std::vector<std::string> lines;
  std::size_t at = 0;
  for (auto end = message.find("\r\n"); end != std::string::npos; end = message.find("\r\n", at = end + 2))
    lines.push_back(message.substr(at, end - at));
  EXPECT_EQ(at, message.size()) << "the last line has its end";
  return lines;
}

// Header fields before the empty line, folds undone.
std::vector<std::string> headersOf(const std::string& message) {
  std::vector<std::string> headers;
  for (const auto& line : linesOf(message)) {
    if (line.empty()) break;
    if (line.front() == ' ')
      headers.back() += line;
    else
      headers.push_back(line);
  }
  return headers;
}

TEST(Message, IsWrittenAsTheMailStandardsSay) {
  EXPECT_EQ(toMessage(mail(), kDate),
            "Date: Sun, 22 Nov 2026 09:30:05 +0000\r\n"
            "From: \"Shop\" <a@shop.example>\r\n"
            "To: buyer@home.example\r\n"
            "Subject: Your order\r\n"
            "Message-ID: <confirmation-order_1@checkout-mcp.invalid>\r\n"
            "Auto-Submitted: auto-generated\r\n"
            "MIME-Version: 1.0\r\n"
            "Content-Type: text/plain; charset=utf-8\r\n"
            "Content-Transfer-Encoding: quoted-printable\r\n"
            "\r\n"
            "Thanks.\r\n");
}

TEST(Message, GainsNoHeaderFromLineEndsInItsFields) {
  for (const char* evil :
       {"x\r\nBcc: spy@evil.example", "x\nBcc: spy@evil.example", "x\rBcc: spy@evil.example",
        "<x\r\nBcc: spy@evil.example>", "é\r\nBcc: spy@evil.example"}) {
    for (auto member : {&Email::from, &Email::to, &Email::subject, &Email::id}) {
      Email email = mail();
      email.*member = evil;
      const auto headers = headersOf(toMessage(email, kDate));
      EXPECT_EQ(headers.size(), 9u) << evil;
      for (const auto& header : headers) EXPECT_THAT(header, Not(StartsWith("Bcc")));
    }
  }
}

TEST(Message, EncodesSubjectsThatAreNotAscii) {
  Email email = mail();
  email.subject = "Grüße";
  EXPECT_THAT(toMessage(email, kDate), HasSubstr("Subject: =?UTF-8?Q?Gr=C3=BC=C3=9Fe?=\r\n"));
  email.from = "Käserei <a@shop.example>";
  EXPECT_THAT(toMessage(email, kDate), HasSubstr("From: =?UTF-8?Q?K=C3=A4serei?=\r\n <a@shop.example>\r\n"));
}

TEST(Message, QuotesNamesWithSpecialCharacters) {
  Email email = mail();
  email.from = "Smith, \"Joe\" & Co. <a@shop.example>";
  EXPECT_THAT(toMessage(email, kDate), HasSubstr("From: \"Smith, \\\"Joe\\\" & Co.\" <a@shop.example>\r\n"));
}

TEST(Message, KeepsEveryLineShort) {
  Email email = mail();
  for (int i = 0; i < 60; ++i) {
    email.subject += i % 2 ? " Bestätigung" : " order";
    email.text += "ein sehr langer Satz über alles, ";
  }
  for (const auto& line : linesOf(toMessage(email, kDate))) EXPECT_LE(line.size(), 76u) << line;
  email.subject = std::string(30, 'x');
  for (int i = 0; i < 30; ++i) email.subject += " plain words";
  for (const auto& line : linesOf(toMessage(email, kDate))) EXPECT_LE(line.size(), 76u) << line;
}

TEST(Message, SendsBodiesUnharmed) {
  Email email = mail();
  email.text = "a=b\ntrailing \n.\n\nFrom me: 5 €\nno end";
  EXPECT_THAT(toMessage(email, kDate),
              HasSubstr("\r\n\r\na=3Db\r\ntrailing=20\r\n.\r\n\r\nFrom me: 5 =E2=82=AC\r\nno end\r\n"));
}

}  // namespace
}  // namespace checkout::notify
