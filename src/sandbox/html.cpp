#include "sandbox/html.hpp"

#include "base/random.hpp"
#include "sandbox/style.hpp"

namespace checkout::sandbox {
std::string escapeHtml(std::string_view text) {
  std::string escaped;
  escaped.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

std::string attribute(std::string_view name, std::string_view value) {
  if (value.empty()) return {};
  return std::string(1, ' ').append(name).append("=\"").append(escapeHtml(value)).append("\"");
}

HttpResponse htmlPage(int status, const std::string& title, const std::string& content) {
  const std::string nonce = randomHex(16);
  HttpResponse response;
  response.status = status;
  response.headers.set("Content-Type", "text/html; charset=utf-8");
  // No form-action: browsers apply it to the redirect to the shop as well.
  response.headers.set("Content-Security-Policy", "default-src 'none'; style-src 'nonce-" + nonce +
                                                      "'; img-src https: http: data:; base-uri 'none'; "
                                                      "frame-ancestors 'none'");
  response.headers.set("X-Content-Type-Options", "nosniff");
  response.headers.set("Referrer-Policy", "no-referrer");
  response.headers.set("Cache-Control", "no-store");
  response.body =
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
      "<meta name=\"robots\" content=\"noindex\"><link rel=\"icon\" href=\"data:,\"><title>" +
      escapeHtml(title) + "</title><style nonce=\"" + nonce + "\">" + std::string(kStyle) +
      "</style></head><body>\n<div class=\"badge\" role=\"note\">TEST MODE – no money moves"
      "</div>\n" +
      content + "\n</body></html>\n";
  return response;
}

HttpResponse seeOther(const std::string& url) {
  HttpResponse response;
  response.status = 303;
  response.headers.set("Location", url);
  response.headers.set("Cache-Control", "no-store");
  return response;
}

std::string noticeHtml(const std::string& heading, const std::string& text, const std::string& url,
                       const std::string& linkText) {
  std::string html = "<main class=\"single\"><div class=\"card\"><h1>" + escapeHtml(heading) + "</h1><p>" +
                     escapeHtml(text) + "</p>";
  if (!url.empty())
    html += "<a class=\"back\" href=\"" + escapeHtml(url) + "\">" + escapeHtml(linkText) + "</a>";
  return html + "</div></main>";
}

std::string challengeHtml(const Intent& intent, const std::string& amount) {
  return "<main class=\"single\"><form class=\"card\" method=\"post\" action=\"/pay/authenticate/" +
         escapeHtml(intent.id) +
         "\"><h1>3D Secure 2 test page</h1><p>Here your bank would ask you to confirm " +
         "the payment of <strong>" + escapeHtml(amount) + "</strong>. Choose how this test ends.</p>" +
         "<button type=\"submit\" name=\"outcome\" value=\"accept\" id=\"complete\">Complete authentication" +
         "</button><button type=\"submit\" name=\"outcome\" value=\"refuse\" id=\"fail\" class=\"plain\">" +
         "Fail authentication</button></form></main>";
}

}  // namespace checkout::sandbox
