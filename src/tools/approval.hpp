// Payments without a page that are too large to be made without asking the customer.
#pragma once

#include <functional>
#include <optional>

#include <checkout/tool.hpp>

#include "tools/catalog_of_tools.hpp"

namespace checkout::tools {

// Pays by `pay` (without an approval, or with the one that was given) and, where the checkout then
// `waits` for one, asks the customer through the client. What is approved is one total of one checkout; the
// checkout's core compares it before it charges. Where the client can't ask, or the customer declines,
// nothing is charged.
Result<ToolOutcome> payWithApproval(const ToolServices& services, const Tenant& tenant,
                                    const CallContext& context,
                                    const std::function<Result<Saga>(std::optional<saga::Approval>)>& pay,
                                    const std::function<bool(const Saga&)>& waits);

}  // namespace checkout::tools
