// The hosted payment page: GET and POST /pay/{session}, and the bank's challenge at
// /pay/authenticate/{intent}. Plain HTML forms; nothing needs JavaScript.
#pragma once

#include <checkout/http.hpp>

#include "sandbox/world.hpp"

namespace checkout::sandbox {

HttpResponse servePage(World& world, const HttpRequest& request);
HttpResponse outOfService(int status);  // what a customer sees where a fault strikes

}  // namespace checkout::sandbox
