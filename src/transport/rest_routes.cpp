#include "transport/rest_routes.hpp"

#include <string_view>

#include <checkout/json.hpp>

#include "transport/error_response.hpp"

namespace checkout::transport {
namespace {

constexpr std::string_view kPageStart = R"(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta name="color-scheme" content="light dark">
<title>)";
constexpr std::string_view kPageStyle = R"(</title>
<style>
body { font: 1.125rem/1.6 system-ui, sans-serif; margin: 0; min-height: 100vh; display: grid; place-items: center; }
main { max-width: 32rem; padding: 1.5rem; text-align: center; }
h1 { font-size: 1.75rem; line-height: 1.25; }
.sign { font-size: 3rem; line-height: 1; margin: 0; }
</style>
</head>
<body>
<main>
<p class="sign" aria-hidden="true">)";

// Nothing of the request appears in the page: whoever made the link chose its query.
HttpResponse page(std::string_view sign, std::string_view heading, std::string_view text) {
  HttpResponse response;
  response.headers.add("Content-Type", "text/html; charset=utf-8");
  response.headers.add("Content-Security-Policy",
                       "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
                       "frame-ancestors 'none'");
  response.headers.add("X-Robots-Tag", "noindex");
  response.headers.add("X-Content-Type-Options", "nosniff");
  response.headers.add("Referrer-Policy", "no-referrer");
  response.headers.add("Cache-Control", "no-store");
  response.body.append(kPageStart).append(heading).append(kPageStyle).append(sign);
  response.body.append("</p>\n<h1>").append(heading).append("</h1>\n<p>").append(text);
  response.body.append("</p>\n</main>\n</body>\n</html>\n");
  return response;
}

RouteHandler always(HttpResponse response) {
  return [response = std::move(response)](const HttpRequest&, const PathParams&,
                                          const std::shared_ptr<HttpResponder>& responder) {
    responder->respond(response);
  };
}

}  // namespace

void addRestRoutes(Router& router, RestRoutes routes) {
  router.on("GET", "/healthz", always(jsonResponse(200, R"({"status":"ok"})")), RouteGuard::None);
  router.on(
      "GET", "/readyz",
      [ready = std::move(routes.ready)](const HttpRequest&, const PathParams&,
                                        const std::shared_ptr<HttpResponder>& responder) {
        const auto state = ready();
        responder->respond(state.ok() ? jsonResponse(200, R"({"status":"ready"})")
                                      : overloadResponse(state.error().message));
      },
      RouteGuard::None);
  router.on("GET", "/metrics",
            [metrics = std::move(routes.metrics)](const HttpRequest&, const PathParams&,
                                                  const std::shared_ptr<HttpResponder>& responder) {
              HttpResponse response;
              response.headers.add("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
              response.body = metrics();
              responder->respond(std::move(response));
            });
  router.on("GET", "/pay/return",
            always(page("✓", "Thank you, your payment was sent",
                        "You can close this page and go back to your conversation. Your assistant sees the "
                        "confirmation there, and a receipt follows by e-mail.")),
            RouteGuard::Host);
  router.on("GET", "/pay/cancel",
            always(page("↩", "No payment was made",
                        "Nothing was charged and your cart is unchanged. Go back to your conversation to pay "
                        "later or to change your order.")),
            RouteGuard::Host);
}

}  // namespace checkout::transport
