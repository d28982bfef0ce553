// What a caller obviously means: applied to arguments before they are judged by the schema.
#pragma once

#include <checkout/json.hpp>

namespace checkout::tools {

// In `arguments`, by the properties of `schema` (draft-07, an object's), however deep: an optional member
// that is null or "" is left out, "2" becomes 2 where an integer is wanted, "de" becomes "DE" where two
// capitals are, and a member whose name differs from the only one that it can mean in case and underscores
// ("cart_id" for "cartId") is renamed. Nothing else changes; what is wrong stays wrong.
void accommodate(Json& arguments, const Json& schema);

}  // namespace checkout::tools
