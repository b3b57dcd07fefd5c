#include "platform/template/template.h"

#include <algorithm>
#include <stdexcept>

#include <gtest/gtest.h>

using gatehouse::text::Escape;
using gatehouse::text::Parts;
using gatehouse::text::Template;

namespace {

std::string render(std::string_view text, const boost::json::object& values, Escape escape = Escape::html) {
  return Template(text, escape).render(values);
}

}  // namespace

TEST(Template, a_value_cannot_leave_text_or_a_quoted_attribute) {
  for (const char* payload : {"<script>alert(1)</script>", "\" onmouseover=\"x", "' onload='x",
                              "</textarea><img src=x>", "&lt;b&gt;", "<!--", "{{{raw}}}"}) {
    const std::string page = render(R"(<p title="{{v}}">{{v}}</p>)", {{"v", payload}});
    EXPECT_EQ(page.find("<script"), std::string::npos) << page;
    EXPECT_EQ(page.find("<img"), std::string::npos) << page;
    EXPECT_EQ(page.find("<!--"), std::string::npos) << page;
    EXPECT_EQ(std::ranges::count(page, '"'), 2) << page;
    EXPECT_EQ(std::ranges::count(page, '\''), 0) << page;
  }
}

TEST(Template, a_value_is_never_parsed_as_a_template) {
  EXPECT_EQ(render("{{v}}", {{"v", "{{secret}}"}, {"secret", "s"}}, Escape::none), "{{secret}}");
}

TEST(Template, three_braces_and_text_templates_do_not_escape) {
  EXPECT_EQ(render("{{{v}}}", {{"v", "<b>"}}), "<b>");
  EXPECT_EQ(render("{{v}}", {{"v", "<b> & \"c\""}}, Escape::none), "<b> & \"c\"");
}

TEST(Template, sections_repeat_for_lists_and_vanish_for_empty_values) {
  EXPECT_EQ(render("{{#l}}[{{n}}]{{/l}}", {{"l", {{{"n", 1}}, {{"n", 2}}}}}), "[1][2]");
  const boost::json::object empty{{"s", ""}, {"z", 0}, {"n", nullptr}, {"f", false}, {"l", boost::json::array{}}};
  EXPECT_EQ(render("{{#s}}x{{/s}}{{#z}}x{{/z}}{{#n}}x{{/n}}{{#f}}x{{/f}}{{#l}}x{{/l}}{{#absent}}x{{/absent}}.", empty),
            ".");
  EXPECT_EQ(render("{{^s}}none{{/s}}", empty), "none");
}

TEST(Template, dots_reach_into_objects) { EXPECT_EQ(render("{{a.b.c}}", {{"a", {{"b", {{"c", "<"}}}}}}), "&lt;"); }

TEST(Template, parts_are_put_in_place) {
  const Parts parts = [](std::string_view name) -> std::optional<std::string_view> {
    if (name == "outer") return "({{>inner}})";
    if (name == "inner") return "{{v}}";
    return std::nullopt;
  };
  EXPECT_EQ(Template("{{>outer}}!", Escape::html, parts).render({{"v", "<"}}), "(&lt;)!");
}

TEST(Template, a_broken_template_is_refused_with_what_is_wrong) {
  EXPECT_THROW(Template("{{#open}}", Escape::html), std::runtime_error);
  EXPECT_THROW(Template("{{open", Escape::html), std::runtime_error);
  EXPECT_THROW(Template("{{/never}}", Escape::html), std::runtime_error);
  EXPECT_THROW(Template("{{>missing}}", Escape::html), std::runtime_error);
  EXPECT_THROW(Template("{{>a}}", Escape::html, [](auto) { return std::optional<std::string_view>("{{>a}}"); }),
               std::runtime_error);
}
