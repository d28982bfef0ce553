// Rows of one kind, kept in the order of creation and found by id. References stay valid.
#pragma once

#include <deque>
#include <string>
#include <unordered_map>
#include <utility>

namespace checkout::sandbox {

// Row has a member `id`.
template <class Row>
class Table {
 public:
  Row& add(Row row) {
    positions_[row.id] = rows_.size();
    return rows_.emplace_back(std::move(row));
  }
  const Row* find(const std::string& id) const {
    const auto position = positions_.find(id);
    return position == positions_.end() ? nullptr : &rows_[position->second];
  }
  Row* find(const std::string& id) { return const_cast<Row*>(std::as_const(*this).find(id)); }
  // rows().size() for an unknown id.
  std::size_t positionOf(const std::string& id) const {
    const auto position = positions_.find(id);
    return position == positions_.end() ? rows_.size() : position->second;
  }
  std::deque<Row>& rows() { return rows_; }
  const std::deque<Row>& rows() const { return rows_; }

 private:
  std::deque<Row> rows_;
  std::unordered_map<std::string, std::size_t> positions_;
};

}  // namespace checkout::sandbox
