// The schema files keep the rules that every client relies on.
#include <set>

#include <gmock/gmock.h>

#include "base/base64.hpp"
#include "base/embedded.hpp"
#include "mcp/schema_validator.hpp"
#include "unit/tools/shop.hpp"

namespace checkout::tools {
namespace {

using testing::AnyOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

struct Descriptor {
  std::string name;
  Json json;
};

const std::vector<Descriptor>& descriptors() {
  static const std::vector<Descriptor> all = [] {
    std::vector<Descriptor> list;
    for (const EmbeddedFile& file : embedded::toolSchemas())
      list.push_back({std::string(file.name), Json::parse(file.text)});
    return list;
  }();
  return all;
}

std::vector<std::string> keysOf(const Json& object) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : object.items()) keys.push_back(key);
  return keys;
}

// Calls visit(path, schema) for `schema` and every schema inside it.
void walk(const Json& schema, const std::string& path,
          const std::function<void(const std::string&, const Json&)>& visit) {
  visit(path, schema);
  for (const char* group : {"properties", "definitions"})
    if (schema.contains(group))
      for (const auto& [key, value] : schema[group].items())
        walk(value, path + "/" + group + "/" + key, visit);
  if (schema.contains("items")) walk(schema["items"], path + "/items", visit);
}

bool hasType(const Json& schema, const std::string& type) {
  if (!schema.contains("type")) return false;
  const Json& stated = schema["type"];
  return stated == type ||
         (stated.is_array() && std::find(stated.begin(), stated.end(), type) != stated.end());
}

TEST(ToolList, HasOneToolForEverySchemaAndNoOther) {
  Shop shop;
  std::set<std::string> listed, files;
  for (const RegisteredTool& tool : shop.tools()) {
    const std::string name(tool.tool->name());
    EXPECT_EQ(Json::parse(tool.descriptor).at("name"), name);
    EXPECT_TRUE(listed.insert(name).second) << name << " is listed twice";
  }
  for (const Descriptor& each : descriptors()) files.insert(each.name);
  EXPECT_EQ(listed, files);
}

TEST(Descriptors, AreNamedLikeTheirFilesAndReadInOneOrder) {
  for (const auto& [name, json] : descriptors()) {
    EXPECT_EQ(json.at("name"), name);
    EXPECT_THAT(keysOf(json), ElementsAre("name", "title", "description", "icons", "annotations",
                                          "inputSchema", "outputSchema"));
  }
}

TEST(Descriptors, MirrorTheTenantInAHeaderOnlyIfAskedTo) {
  Shop shop;
  const auto mirrored = allTools(shop.services(), TenantHeader::Mirrored);
  ASSERT_EQ(mirrored.size(), shop.tools().size());
  for (std::size_t i = 0; i < mirrored.size(); ++i) {
    Json plain = Json::parse(shop.tools()[i].descriptor);
    Json& properties = plain["inputSchema"]["properties"];
    EXPECT_EQ(shop.tools()[i].descriptor.find("x-mcp-header"), std::string::npos);
    if (properties.contains("tenant_id")) properties["tenant_id"]["x-mcp-header"] = "Tenant";
    EXPECT_EQ(Json::parse(mirrored[i].descriptor), plain);
  }
}

TEST(Descriptors, BringTheirIconsAlong) {
  for (const auto& [name, json] : descriptors()) {
    ASSERT_EQ(json.at("icons").size(), 1u) << name;
    const Json& icon = json["icons"][0];
    EXPECT_EQ(icon.at("mimeType"), "image/svg+xml") << name;
    const std::string prefix = "data:image/svg+xml;base64,", source = icon.at("src");
    ASSERT_EQ(source.substr(0, prefix.size()), prefix) << name;  // nothing to fetch from anywhere
    EXPECT_THAT(fromBase64(source.substr(prefix.size())).value_or(""), HasSubstr("<svg ")) << name;
  }
}

TEST(Descriptors, StateEveryHintAndNoContradiction) {
  for (const auto& [name, json] : descriptors()) {
    const Json& hints = json.at("annotations");
    EXPECT_THAT(keysOf(hints),
                ElementsAre("readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"));
    for (const auto& [hint, value] : hints.items()) EXPECT_TRUE(value.is_boolean()) << name << " " << hint;
    if (hints.at("readOnlyHint") == true) {
      EXPECT_EQ(hints.at("destructiveHint"), false) << name;
    }
  }
}

TEST(Descriptions, NameErrorsAndStayShort) {
  for (const auto& [name, json] : descriptors()) {
    const auto text = json.at("description").get<std::string>();
    EXPECT_LE(text.size(), 1400u) << name;
    EXPECT_THAT(text, AnyOf(HasSubstr("Errors: "), HasSubstr("has no errors of its own"))) << name;
  }
}

TEST(Descriptions, MentionOnlyErrorCodesThatExist) {
  for (const auto& [name, json] : descriptors()) {
    const auto text = json.at("description").get<std::string>();
    std::string word;
    for (const char c : text + " ") {
      if ((c >= 'A' && c <= 'Z') || c == '_') {
        word += c;
        continue;
      }
      if (word.find('_') != std::string::npos && word.size() > 3) {
        EXPECT_TRUE(errorCodeFromString(word)) << name << ": " << word;
      }
      word.clear();
    }
  }
}

TEST(Descriptions, EndWithAnExampleThatTheInputSchemaAccepts) {
  for (const auto& [name, json] : descriptors()) {
    const auto text = json.at("description").get<std::string>();
    const auto start = text.find("Example: ");
    ASSERT_NE(start, std::string::npos) << name;
    const auto open = text.find('{', start);
    int depth = 0;
    std::size_t end = open;
    do {
      depth += text[end] == '{' ? 1 : text[end] == '}' ? -1 : 0;
      ++end;
    } while (depth > 0 && end < text.size());
    const Json example = Json::parse(text.substr(open, end - open));
    EXPECT_TRUE(mcp::SchemaValidator(json.at("inputSchema")).violations(example).empty())
        << name << ": " << example;
  }
}

TEST(InputSchemas, AreClosedDraft7ObjectsWithoutCombinations) {
  for (const auto& [name, json] : descriptors()) {
    const Json& schema = json.at("inputSchema");
    EXPECT_EQ(schema.at("$schema"), "http://json-schema.org/draft-07/schema#") << name;
    EXPECT_EQ(schema.at("type"), "object") << name;
    // Model providers refuse these at the top of a tool's input.
    for (const char* word : {"anyOf", "oneOf", "allOf", "$ref"}) EXPECT_FALSE(schema.contains(word)) << name;
    walk(schema, name, [](const std::string& path, const Json& part) {
      if (hasType(part, "object")) {
        EXPECT_EQ(part.value("additionalProperties", Json(true)), false) << path;
      }
    });
  }
}

TEST(InputSchemas, BoundAndDescribeEveryArgument) {
  for (const auto& [name, json] : descriptors()) {
    const std::string top = name;
    walk(json.at("inputSchema"), top, [&](const std::string& path, const Json& part) {
      const bool isArgument = path != top && path.find("/items") == std::string::npos;
      if (isArgument) {
        EXPECT_TRUE(part.contains("description")) << path;
      }
      if (part.contains("enum")) return;
      if (hasType(part, "string")) {
        EXPECT_TRUE(part.contains("maxLength")) << path;
      }
      if (hasType(part, "integer")) {
        EXPECT_TRUE(part.contains("minimum") && part.contains("maximum")) << path;
      }
      if (hasType(part, "array")) {
        EXPECT_TRUE(part.contains("maxItems")) << path;
      }
    });
  }
}

TEST(InputSchemas, AskForTheShopUnlessTheToolNeedsNone) {
  const std::set<std::string> without = {"federation_list_tenants", "federation_help"};
  const std::set<std::string> optional = {"postPaymentIntentsIntentConfirm"};
  for (const auto& [name, json] : descriptors()) {
    const Json& schema = json.at("inputSchema");
    const bool takesTenant = !without.contains(name);
    EXPECT_EQ(schema.at("properties").contains("tenant_id"), takesTenant) << name;
    EXPECT_EQ(schema.at("properties").contains("auth_token"), takesTenant) << name;
    const std::vector<std::string> required = schema.value("required", std::vector<std::string>());
    if (takesTenant && !optional.contains(name)) {
      EXPECT_THAT(required, Contains("tenant_id")) << name;
    } else {
      EXPECT_THAT(required, Not(Contains("tenant_id"))) << name;
    }
    EXPECT_THAT(required, Not(Contains("auth_token"))) << name;
  }
}

TEST(OutputSchemas, CoverSuccessesAndErrors) {
  const Json error = {{"error", {{"code", "RATE_LIMITED"}, {"message", "Slower."}, {"retryable", true}}}};
  for (const auto& [name, json] : descriptors()) {
    const Json& schema = json.at("outputSchema");
    EXPECT_EQ(schema.at("$schema"), "http://json-schema.org/draft-07/schema#") << name;
    EXPECT_EQ(schema.at("type"), "object") << name;
    const mcp::SchemaValidator validator(schema);
    EXPECT_TRUE(validator.violations(error).empty()) << name;
    EXPECT_FALSE(validator.violations(Json::object()).empty()) << name << " accepts an empty result";
  }
}

TEST(OutputSchemas, AreClosedExceptWhereStripeMayAdd) {
  for (const auto& [name, json] : descriptors()) {
    const bool isStripes = name == "postPaymentIntentsIntentConfirm";
    EXPECT_EQ(json.at("outputSchema").at("additionalProperties"), isStripes) << name;
  }
}

TEST(OutputSchemas, NeverPromiseAClientSecret) {
  for (const auto& [name, json] : descriptors())
    EXPECT_THAT(json.dump(), Not(HasSubstr("\"client_secret\":"))) << name;
}

TEST(OutputSchemas, GiveEachSharedDefinitionOneMeaning) {
  std::map<std::string, Json> meanings;
  for (const auto& [name, json] : descriptors())
    for (const auto& [key, meaning] : json.at("outputSchema").at("definitions").items()) {
      const auto [first, isNew] = meanings.emplace(key, meaning);
      EXPECT_EQ(first->second, meaning) << key << " differs in " << name;
    }
}

TEST(InputSchemas, GiveEachIdOneMeaning) {
  std::map<std::string, Json> meanings;
  for (const auto& [name, json] : descriptors()) {
    const Json& properties = json.at("inputSchema").at("properties");
    for (const char* id : {"auth_token", "productId", "sagaId", "userId", "cursor"}) {
      if (!properties.contains(id)) continue;
      const auto [first, isNew] = meanings.emplace(id, properties.at(id));
      EXPECT_EQ(first->second, properties.at(id)) << id << " differs in " << name;
    }
  }
}

TEST(OutputSchemas, ShowACheckoutTheSameEverywhere) {
  std::map<std::string, Json> outputs;
  for (const auto& [name, json] : descriptors()) outputs[name] = json.at("outputSchema");
  const Json saga = outputs.at("checkout_status").at("properties");
  EXPECT_EQ(outputs.at("checkout_start").at("properties"), saga);
  Json session = outputs.at("checkout_create_payment_session").at("properties");
  for (const char* own : {"sessionId", "url", "expiresAt", "amount"}) session.erase(own);
  EXPECT_EQ(session, saga);
  Json order = outputs.at("orders_get").at("properties");
  order.erase("error");
  EXPECT_EQ(outputs.at("orders_list").at("definitions").at("order").at("properties"), order);
}

TEST(OutputSchemas, ListEveryErrorCode) {
  const Json codes =
      descriptors().front().json.at("outputSchema").at("definitions").at("error").at("properties").at("code");
  for (const auto& code : codes.at("enum")) EXPECT_TRUE(errorCodeFromString(code.get<std::string>())) << code;
  EXPECT_EQ(codes.at("enum").size(), static_cast<std::size_t>(ErrorCode::Internal) + 1);
}

}  // namespace
}  // namespace checkout::tools
