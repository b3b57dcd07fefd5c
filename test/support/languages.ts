// A project with a second language, written from right to left, of which it brings some of the texts.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { Gatehouse } from "./gatehouse.ts";
import { until } from "./tour.ts";

export const arabic = {
  "app.name": "البوابة",
  "layout.continue": "متابعة",
  "layout.language": "اللغة:",
  "layout.address": "تحقق من شريط العنوان:",
  "login.title": "تسجيل الدخول",
  "login.asks": "يطلب منك تسجيل الدخول",
  "login.lede": "استخدم حسابك في {project}.",
  "login.new_here": "جديد في {project}؟",
  "login.create": "إنشاء حساب",
  "login_id.email": "البريد الإلكتروني",
  "error.format_email": "هذا ليس عنوان بريد كاملا. اكتبه كاملا، مثل name@example.com.",
  "code.title": "تحقق من بريدك",
  "code.lede": "أرسلنا رمزا من {length} أرقام إلى <b>{target}</b>.",
  "code.label": "الرمز",
  "problem.missing.title": "لا توجد صفحة هنا",
};

export async function addArabic(gatehouse: Gatehouse): Promise<void> {
  const project = join(gatehouse.addresses.data, "project");
  await mkdir(join(project, "templates/ar"), { recursive: true });
  await writeFile(join(project, "templates/ar/translation.json"), JSON.stringify(arabic));
  const file = join(project, "authgear.yaml");
  await writeFile(file, (await readFile(file, "utf8")) + "localization:\n  fallback_language: en\n  supported_languages: [en, ar]\n");
  await until(async () => (await (await fetch(`${gatehouse.endpoint}/nowhere`, { headers: { accept: "text/html", "accept-language": "ar" } })).text()).includes('lang="ar"'));
}
