#include "contract/store_fixture.hpp"

namespace checkout::store {
namespace {

class CustomersContract : public StoreContract {
 protected:
  std::optional<CustomerRecord> find(const TenantId& tenant, const std::string& user) {
    return read([&](Transaction& tx) { return tx.customers().find(tenant, UserId{user}); });
  }
  void save(const TenantId& tenant, const std::string& user, const CustomerRecord& record) {
    write([&](Transaction& tx) { return tx.customers().save(tenant, UserId{user}, record); });
  }
};
INSTANTIATE_TEST_SUITE_P(Engines, CustomersContract, ::testing::ValuesIn(engines()), engineName);

TEST_P(CustomersContract, AreKeptForEachUserOfEachTenant) {
  EXPECT_FALSE(find(kShop, "ann").has_value());
  save(kShop, "ann", {"cus_1", false});
  save(kShop, "bob", {"cus_2", false});
  save(kOtherShop, "ann", {"cus_3", false});
  EXPECT_EQ(find(kShop, "ann")->customerId, "cus_1");
  EXPECT_EQ(find(kShop, "bob")->customerId, "cus_2");
  EXPECT_EQ(find(kOtherShop, "ann")->customerId, "cus_3");
}

TEST_P(CustomersContract, AreReplaced) {
  save(kShop, "ann", {"cus_1", true});
  EXPECT_TRUE(find(kShop, "ann")->isGone);
  save(kShop, "ann", {"cus_2", false});
  EXPECT_EQ(find(kShop, "ann")->customerId, "cus_2");
  EXPECT_FALSE(find(kShop, "ann")->isGone);
}

}  // namespace
}  // namespace checkout::store
