#include "store/sql/paging.hpp"

#include <charconv>
#include <limits>

#include "base/digest.hpp"

namespace checkout::store::sql {

std::string makeCursor(std::int64_t seq, CursorScope scope) {
  const std::string number = std::to_string(seq);
  std::string bound = number;
  for (const std::string_view part : scope) bound.append(1, '\0').append(part);
  return number + "-" + sha256Hex(bound).substr(0, 16);
}

Result<PageBounds> pageBounds(int limit, const std::string& cursor, CursorScope scope) {
  if (limit < 1)
    return Error(ErrorCode::ValidationFailed,
                 "A page has at least 1 entry, not " + std::to_string(limit) + ".");
  PageBounds bounds{std::numeric_limits<std::int64_t>::max(), std::int64_t{limit} + 1};
  if (cursor.empty()) return bounds;
  const auto parsed = std::from_chars(cursor.data(), cursor.data() + cursor.size(), bounds.before);
  if (parsed.ec != std::errc{} || cursor != makeCursor(bounds.before, scope))
    return Error(
        ErrorCode::ValidationFailed,
        "The cursor is not one that this list returned. Pass the nextCursor of the page before with the "
        "same other arguments, or leave it out to start over.");
  return bounds;
}

}  // namespace checkout::store::sql
