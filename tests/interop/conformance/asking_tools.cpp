#include "interop/conformance/fixtures.hpp"

namespace checkout::conformance {
namespace {

Json objectWith(const std::string& name, const Json& schema) {
  return {{"type", "object"}, {"properties", {{name, schema}}}, {"required", {name}}};
}

InputRequest form(const std::string& key, const std::string& message, const std::string& field,
                  const char* type = "string") {
  return elicitForm(key, message, objectWith(field, {{"type", type}}));
}

InputRequest sampling(const std::string& key, const std::string& prompt, int maxTokens) {
  return {key,
          "sampling/createMessage",
          {{"messages", Json::array({{{"role", "user"}, {"content", {{"type", "text"}, {"text", prompt}}}}})},
           {"maxTokens", maxTokens}}};
}

InputRequest roots(const std::string& key) {
  return {key, "roots/list", Json::object()};
}

// The name of an action as the client sent it, for texts that quote it.
std::string quoted(const Json* answer) {
  const Json shown = answer ? *answer : Json();
  return "action=" + shown.value("action", "none") +
         ", content=" + shown.value("content", Json::object()).dump();
}

// Asks for everything at once, and is done when all of it is there.
Body once(std::vector<InputRequest> requests, Json state,
          std::function<std::string(const ClientInput&)> tell) {
  return [requests = std::move(requests), state = std::move(state), tell = std::move(tell)](
             const Json&, CallContext& context) -> Result<ToolOutcome> {
    const bool answered = std::all_of(requests.begin(), requests.end(), [&](const InputRequest& request) {
      return context.input.answer(request.key) != nullptr;
    });
    if (!answered || context.input.state != state) return ToolOutcome(InputNeeded{requests, state});
    return text(tell(context.input));
  };
}

std::string nameIn(const ClientInput& input, const std::string& key) {
  const auto answer = input.elicited(key);
  return answer ? answer->content.value("name", "nobody") : "nobody";
}

Result<ToolOutcome> multiRound(const Json&, CallContext& context) {
  const Json& state = context.input.state;
  const int round = state.is_object() ? state.value("round", 0) : 0;
  if (round == 1 && context.input.elicited("step1"))
    return ToolOutcome(InputNeeded{{form("step2", "Step 2: What is your favorite color?", "color")},
                                   {{"round", 2}, {"name", nameIn(context.input, "step1")}}});
  if (round == 2 && context.input.elicited("step2"))
    return text(state.value("name", "") + " likes " +
                context.input.elicited("step2")->content.value("color", "nothing"));
  return ToolOutcome(InputNeeded{{form("step1", "Step 1: What is your name?", "name")}, {{"round", 1}}});
}

Result<ToolOutcome> byCapabilities(const Json&, CallContext& context) {
  if (!context.input.responses.empty()) return text("answered");
  InputNeeded needed;
  if (context.client.elicitForm) needed.requests.push_back(form("user_name", "What is your name?", "name"));
  if (context.client.sampling)
    needed.requests.push_back(sampling("capital_question", "What is the capital of France?", 100));
  if (needed.requests.empty()) return text("This client can't be asked for anything.");
  return ToolOutcome(std::move(needed));
}

Result<ToolOutcome> askTheModel(const Json& arguments, CallContext& context) {
  const Json* answer = context.input.answer("prompt");
  if (!answer) return ToolOutcome(InputNeeded{{sampling("prompt", arguments["prompt"], 100)}, {}});
  return text("LLM response: " + answer->value("content", Json::object()).value("text", "none"));
}

Result<ToolOutcome> askTheUser(const Json& arguments, CallContext& context) {
  const Json* answer = context.input.answer("user");
  if (answer) return text("User response: " + quoted(answer));
  return ToolOutcome(
      InputNeeded{{elicitForm("user", arguments["message"],
                              {{"type", "object"},
                               {"properties",
                                {{"username", {{"type", "string"}, {"description", "User's response"}}},
                                 {"email", {{"type", "string"}, {"description", "User's email address"}}}}},
                               {"required", {"username", "email"}}})},
                  {}});
}

Body elicit(Json properties) {
  return [properties = std::move(properties)](const Json&, CallContext& context) -> Result<ToolOutcome> {
    if (const Json* answer = context.input.answer("form"))
      return text("Elicitation completed: " + quoted(answer));
    return ToolOutcome(InputNeeded{
        {elicitForm("form", "Please fill in the form", {{"type", "object"}, {"properties", properties}})},
        {}});
  };
}

Json titled(const std::string& word) {
  Json options = Json::array();
  for (const char* const number : {"1", "2", "3"})
    options.push_back({{"const", std::string("value") + number}, {"title", word + " " + number}});
  return options;
}

const Json kDefaults = {
    {"name", {{"type", "string"}, {"description", "Name"}, {"default", "John Doe"}}},
    {"age", {{"type", "integer"}, {"description", "Age"}, {"default", 30}}},
    {"score", {{"type", "number"}, {"description", "Score"}, {"default", 95.5}}},
    {"status", {{"type", "string"}, {"enum", {"active", "inactive", "pending"}}, {"default", "active"}}},
    {"verified", {{"type", "boolean"}, {"description", "Verified"}, {"default", true}}}};

Json enums() {
  const Json options = {"option1", "option2", "option3"};
  return {{"untitledSingle", {{"type", "string"}, {"enum", options}}},
          {"titledSingle", {{"type", "string"}, {"oneOf", titled("Option")}}},
          {"legacyEnum",
           {{"type", "string"},
            {"enum", {"opt1", "opt2", "opt3"}},
            {"enumNames", {"Option One", "Option Two", "Option Three"}}}},
          {"untitledMulti", {{"type", "array"}, {"items", {{"type", "string"}, {"enum", options}}}}},
          {"titledMulti", {{"type", "array"}, {"items", {{"anyOf", titled("Choice")}}}}}};
}

}  // namespace

std::vector<RegisteredTool> askingTools() {
  std::vector<RegisteredTool> tools;
  const auto add = [&](const std::string& name, Body body, const std::vector<std::string>& properties = {}) {
    tools.push_back(tool(name, "Fixture of the conformance suite.", std::move(body), properties));
  };
  const InputRequest name = form("user_name", "What is your name?", "name");
  const InputRequest confirm = form("confirm", "Please confirm", "ok", "boolean");
  const auto greet = [](const ClientInput& input) { return "Hello, " + nameIn(input, "user_name") + "!"; };
  const auto stateOk = [](const ClientInput&) { return std::string("state-ok"); };

  add("test_sampling", askTheModel, {"prompt"});
  add("test_elicitation", askTheUser, {"message"});
  add("test_elicitation_sep1034_defaults", elicit(kDefaults));
  add("test_elicitation_sep1330_enums", elicit(enums()));
  add("test_missing_capability", once({sampling("answer", "Who are you?", 10)}, nullptr, stateOk));
  add("test_streaming_elicitation", once({name}, nullptr, greet));
  add("test_input_required_result_elicitation", once({name}, nullptr, greet));
  add("test_input_required_result_sampling",
      once({sampling("capital_question", "What is the capital of France?", 100)}, nullptr,
           [](const ClientInput& input) { return input.answer("capital_question")->dump(); }));
  add("test_input_required_result_list_roots",
      once({roots("client_roots")}, nullptr,
           [](const ClientInput& input) { return input.answer("client_roots")->dump(); }));
  add("test_input_required_result_request_state", once({confirm}, {{"step", "confirm"}}, stateOk));
  add("test_input_required_result_tampered_state", once({confirm}, {{"step", "tamper"}}, stateOk));
  add("test_input_required_result_multiple_inputs",
      once({name, sampling("greeting", "Generate a greeting", 50), roots("client_roots")}, {{"step", "all"}},
           greet));
  add("test_input_required_result_multi_round", multiRound);
  add("test_input_required_result_capabilities", byCapabilities);
  return tools;
}

}  // namespace checkout::conformance
