// Pages to which a customer may be sent back.
#pragma once

#include <string>

#include <checkout/tenant.hpp>

namespace checkout::saga {

// ValidationFailed unless `url` is on this server or a site of the tenant's success and cancel pages. An
// agent may have been talked into another one.
Result<void> checkReturnUrl(const Tenant& tenant, const std::string& publicUrl, const std::string& url);

}  // namespace checkout::saga
