#include "stripe/shipping_parameters.hpp"

namespace checkout::stripe {

void addShipping(Form& form, const std::string& prefix, const Address& address) {
  if (address.name.empty() || address.line1.empty()) return;
  form.add(prefix + "[name]", address.name)
      .addUnlessEmpty(prefix + "[phone]", address.phone)
      .add(prefix + "[address][line1]", address.line1)
      .addUnlessEmpty(prefix + "[address][line2]", address.line2)
      .addUnlessEmpty(prefix + "[address][city]", address.city)
      .addUnlessEmpty(prefix + "[address][state]", address.state)
      .addUnlessEmpty(prefix + "[address][postal_code]", address.postalCode)
      .addUnlessEmpty(prefix + "[address][country]", address.country);
}

}  // namespace checkout::stripe
