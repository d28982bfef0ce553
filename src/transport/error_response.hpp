// The answers this server makes on its own account: {"error":{"code","message"}}.
#pragma once

#include <string_view>

#include <checkout/http.hpp>

namespace checkout::transport {

HttpResponse errorResponse(int status, std::string_view code, std::string_view message);
HttpResponse jsonResponse(int status, std::string json);

// 503 with Retry-After: 1.
HttpResponse overloadResponse(std::string_view message);

}  // namespace checkout::transport
