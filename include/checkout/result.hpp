// Result<T>: a value or an Error. The shape follows C++23's std::expected, which GCC 12 lacks.
// Ignoring one is a compiler warning; reading the wrong side is a bug and aborts.
#pragma once

#include <cstdlib>
#include <utility>
#include <variant>

#include <checkout/error.hpp>

namespace checkout {

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT: implicit on purpose
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& value() & { return ok() ? std::get<0>(state_) : wrongSide<T&>(); }
  const T& value() const& { return ok() ? std::get<0>(state_) : wrongSide<const T&>(); }
  T&& value() && { return ok() ? std::move(std::get<0>(state_)) : wrongSide<T&&>(); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  const Error& error() const& { return ok() ? wrongSide<const Error&>() : std::get<1>(state_); }
  Error&& error() && { return ok() ? wrongSide<Error&&>() : std::move(std::get<1>(state_)); }

 private:
  template <class R>
  [[noreturn]] static R wrongSide() {
    std::abort();
  }
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT: implicit on purpose

  bool ok() const { return !error_.has_value(); }
  explicit operator bool() const { return ok(); }
  const Error& error() const& { return *error_; }
  Error&& error() && { return std::move(*error_); }

 private:
  std::optional<Error> error_;
};

// Returns the error of a Result-valued expression from the enclosing function.
#define CHECKOUT_TRY(expression)                                                                         \
  do {                                                                                                   \
    if (auto checkoutTried = (expression); !checkoutTried.ok()) return std::move(checkoutTried).error(); \
  } while (false)

// Declares `name` as the value of a Result-valued expression, or returns its error.
#define CHECKOUT_ASSIGN(name, expression)                         \
  auto name##Result = (expression);                               \
  if (!name##Result.ok()) return std::move(name##Result).error(); \
  auto& name = *name##Result

}  // namespace checkout
