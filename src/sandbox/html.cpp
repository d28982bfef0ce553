#include "sandbox/html.hpp"

#include "base/random.hpp"

namespace checkout::sandbox {
namespace {

constexpr std::string_view kStyle = R"css(
:root{--ink:#1a2130;--muted:#4d5768;--line:#c9d0db;--paper:#fff;--ground:#f3f5f9;--accent:#1b4fd6;--bad:#b3101f}
*{box-sizing:border-box}
body{margin:0;font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",sans-serif;color:var(--ink);background:var(--ground)}
.badge{background:#ffd35c;color:#3b2a00;text-align:center;font-weight:700;font-size:.8125rem;letter-spacing:.04em;padding:.4rem 1rem}
main{display:grid;grid-template-columns:1fr 1fr;gap:3rem;max-width:64rem;margin:0 auto;padding:2.5rem 1.5rem}
main.single{display:block;max-width:34rem}
h1{font-size:1.05rem;font-weight:600;margin:.75rem 0 0;color:var(--muted)}
h2{font-size:1.15rem;margin:0 0 1rem}
.total{font-size:2.25rem;font-weight:700;margin:0 0 1.5rem}
a{color:var(--accent)}
.lines{list-style:none;margin:0;padding:0}
.lines li{display:flex;gap:1rem;padding:.6rem 0;align-items:flex-start}
.lines img{width:3rem;height:3rem;object-fit:cover;border-radius:.4rem;background:#fff;border:1px solid var(--line)}
.lines div{flex:1;min-width:0;overflow-wrap:anywhere}
.small{font-size:.875rem;color:var(--muted);margin:0}
.amount{white-space:nowrap;font-variant-numeric:tabular-nums}
dl{display:grid;grid-template-columns:1fr auto;gap:.4rem 1rem;margin:1rem 0 0;padding-top:1rem;border-top:1px solid var(--line)}
dd{margin:0;text-align:right;font-variant-numeric:tabular-nums}
dt.due,dd.due{font-weight:700;padding-top:.4rem}
.card{background:var(--paper);border:1px solid var(--line);border-radius:.75rem;padding:1.5rem}
label,legend{display:block;font-weight:600;font-size:.9rem;margin:0 0 .25rem}
legend{padding:0}
fieldset{border:0;margin:0 0 1rem;padding:0;min-width:0}
.field{margin:0 0 1rem}
input[type=text],input[type=email],select{width:100%;font:inherit;color:inherit;background:#fff;padding:.65rem .75rem;border:1px solid #7b8698;border-radius:.45rem}
input[readonly]{background:#eef1f6}
input:focus-visible,select:focus-visible,button:focus-visible,a:focus-visible{outline:3px solid #7aa2ff;outline-offset:2px}
input[aria-invalid=true]{border-color:var(--bad);border-width:2px}
.error{color:var(--bad);font-size:.9rem;margin:.3rem 0 0}
.pair{display:grid;grid-template-columns:1fr 1fr;gap:1rem}
.choice{display:flex;gap:.6rem;align-items:center;font-weight:500;padding:.5rem 0}
.choice .amount{margin-left:auto}
.switch{margin-right:.4rem}
.switch+label{display:inline-block;margin-right:1.5rem;font-weight:500}
.when-card,.when-sepa{margin-top:1rem;display:none}
#method-card:checked~.when-card,#method-sepa:checked~.when-sepa,.when-card.only,.when-sepa.only{display:block}
button{width:100%;font:inherit;font-weight:700;color:#fff;background:var(--accent);border:1px solid var(--accent);border-radius:.5rem;padding:.8rem 1rem;cursor:pointer}
button:hover{background:#123ca8}
button.plain{background:#fff;color:var(--accent);margin-top:.75rem}
.back{display:inline-block;margin-bottom:.5rem}
@media (max-width:48rem){main{grid-template-columns:1fr;gap:1.5rem;padding:1.25rem 1rem}.total{font-size:1.9rem;margin-bottom:.75rem}}
)css";

}  // namespace

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
      "</style></head><body>\n<div class=\"badge\" role=\"note\">TEST MODE – simulator, no money moves"
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
  std::string html = "<main class=\"single\"><div class=\"card\"><h2>" + escapeHtml(heading) + "</h2><p>" +
                     escapeHtml(text) + "</p>";
  if (!url.empty()) html += "<p><a href=\"" + escapeHtml(url) + "\">" + escapeHtml(linkText) + "</a></p>";
  return html + "</div></main>";
}

std::string challengeHtml(const Intent& intent) {
  const auto button = [](const std::string& outcome, const std::string& id, const std::string& style,
                         const std::string& text) {
    return "<button type=\"submit\" name=\"outcome\" value=\"" + outcome + "\" id=\"" + id + "\"" + style +
           ">" + text + "</button>";
  };
  return "<main class=\"single\"><form class=\"card\" method=\"post\" action=\"/pay/authenticate/" +
         escapeHtml(intent.id) +
         "\"><h2>3D Secure 2 test page</h2><p>Here your bank would ask you to confirm the payment. Choose "
         "how this "
         "test ends.</p>" +
         button("accept", "complete", "", "Complete authentication") +
         button("refuse", "fail", " class=\"plain\"", "Fail authentication") + "</form></main>";
}

}  // namespace checkout::sandbox
