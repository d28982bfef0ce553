#include "notify/message.hpp"

#include <array>
#include <cstdio>
#include <string_view>

namespace checkout::notify {
namespace {

constexpr std::size_t kLineLimit = 76;  // RFC 2045 section 6.7 and RFC 2047 section 2

bool isAscii(std::string_view text) {
  for (const char c : text)
    if (static_cast<unsigned char>(c) >= 0x80) return false;
  return true;
}

std::string oneLine(std::string_view text) {
  std::string line(text);
  for (char& c : line)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  return line;
}

std::string quotedByte(unsigned char byte) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  return {'=', kDigits[byte >> 4], kDigits[byte & 15]};
}

// The bytes of one UTF-8 character; they may not be divided between encoded words.
std::size_t characterLength(std::string_view text) {
  std::size_t length = 1;
  while (length < text.size() && (static_cast<unsigned char>(text[length]) & 0xC0) == 0x80) ++length;
  return length;
}

// Encoded words of at most 75 characters, each on a line of its own.
std::string encodedWords(std::string_view text) {
  constexpr std::string_view kStart = "=?UTF-8?Q?", kEnd = "?=";
  std::string words;
  std::string word;
  const auto flush = [&] {
    words.append(words.empty() ? "" : "\r\n ").append(kStart).append(word).append(kEnd);
    word.clear();
  };
  while (!text.empty()) {
    const std::size_t length = characterLength(text);
    std::string encoded;
    for (const char c : text.substr(0, length)) {
      const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
      encoded.append(plain ? std::string(1, c) : quotedByte(static_cast<unsigned char>(c)));
    }
    if (kStart.size() + word.size() + encoded.size() + kEnd.size() > 60) flush();
    word.append(encoded);
    text.remove_prefix(length);
  }
  if (!word.empty()) flush();
  return words;
}

// Breaks at spaces so that lines stay short where they can.
std::string folded(std::string_view name, std::string_view value) {
  std::string header(name);
  header.append(":");
  std::size_t column = header.size();
  while (!value.empty()) {
    const auto space = value.find(' ', 1);
    const std::string_view word = value.substr(0, space);
    if (column + word.size() + 1 > kLineLimit && column > name.size() + 1) {
      header.append("\r\n");
      column = 0;
    }
    if (word.front() != ' ') {
      header.append(" ");
      ++column;
    }
    header.append(word);
    column += word.size();
    value.remove_prefix(word.size());
  }
  return header.append("\r\n");
}

std::string textHeader(std::string_view name, std::string_view value) {
  const std::string line = oneLine(value);
  if (isAscii(line)) return folded(name, line);
  return std::string(name).append(": ").append(encodedWords(line)).append("\r\n");
}

// "Name <address>" or an address; a name with special characters is quoted or encoded (RFC 5322 section 3.4).
std::string addressHeader(std::string_view name, std::string_view value) {
  const std::string line = oneLine(value);
  const auto bracket = line.rfind('<');
  if (bracket == std::string::npos) return folded(name, line);
  std::string display = line.substr(0, bracket);
  while (!display.empty() && (display.back() == ' ' || display.back() == '"')) display.pop_back();
  while (!display.empty() && (display.front() == ' ' || display.front() == '"')) display.erase(0, 1);
  const std::string address = line.substr(bracket);
  if (display.empty()) return folded(name, address);
  if (!isAscii(display))
    return std::string(name)
        .append(": ")
        .append(encodedWords(display))
        .append("\r\n ")
        .append(address)
        .append("\r\n");
  std::string quoted = "\"";
  for (const char c : display) {
    if (c == '"' || c == '\\') quoted.push_back('\\');
    quoted.push_back(c);
  }
  return folded(name, quoted.append("\" ").append(address));
}

std::string quotedPrintable(std::string_view text) {
  std::string encoded;
  std::size_t column = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte == '\r' && i + 1 < text.size() && text[i + 1] == '\n') continue;
    if (byte == '\n') {
      encoded.append("\r\n");
      column = 0;
      continue;
    }
    const bool lastOfLine = i + 1 == text.size() || text[i + 1] == '\n' || text[i + 1] == '\r';
    const bool plain = (byte > ' ' && byte <= '~' && byte != '=') || (byte == ' ' && !lastOfLine);
    const std::string unit = plain ? std::string(1, static_cast<char>(byte)) : quotedByte(byte);
    if (column + unit.size() > kLineLimit - 1) {
      encoded.append("=\r\n");
      column = 0;
    }
    encoded.append(unit);
    column += unit.size();
  }
  if (encoded.size() < 2 || encoded.compare(encoded.size() - 2, 2, "\r\n") != 0) encoded.append("\r\n");
  return encoded;
}

std::string dateText(TimePoint time) {
  static constexpr std::array kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{std::chrono::floor<std::chrono::seconds>(time - day)};
  char text[64];
  std::snprintf(text, sizeof text, "%s, %u %s %d %02d:%02d:%02d +0000",
                kDays[std::chrono::weekday{day}.c_encoding()], static_cast<unsigned>(date.day()),
                kMonths[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text;
}

// Email::id as the left side of a Message-ID: anything but letters, digits, "-" and "_" would need quoting.
std::string messageId(std::string_view id) {
  std::string safe;
  for (const char c : id) {
    const bool plain =
        (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '_';
    if (plain)
      safe.push_back(c);
    else
      safe.append(".").append(quotedByte(static_cast<unsigned char>(c)).substr(1));
  }
  return std::string("<").append(safe).append("@checkout-mcp.invalid>");
}

}  // namespace

std::string toMessage(const Email& email, TimePoint date) {
  std::string text;
  text.append("Date: ").append(dateText(date)).append("\r\n");
  text.append(addressHeader("From", email.from));
  text.append(addressHeader("To", email.to));
  text.append(textHeader("Subject", email.subject));
  text.append("Message-ID: ").append(messageId(email.id)).append("\r\n");
  text.append("Auto-Submitted: auto-generated\r\n");
  text.append("MIME-Version: 1.0\r\n");
  text.append("Content-Type: text/plain; charset=utf-8\r\n");
  text.append("Content-Transfer-Encoding: quoted-printable\r\n\r\n");
  text.append(quotedPrintable(email.text));
  return text;
}

}  // namespace checkout::notify
