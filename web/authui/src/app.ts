// What the hosted pages gain from a script. Without one they do the same with plain forms.
import { tidyCodes } from "./code_entry.ts";
import { offerToShowPasswords } from "./show_password.ts";
import { closeMenus } from "./menu.ts";
import { countDown } from "./resend.ts";
import { showStrength } from "./strength.ts";
import { guardSubmits } from "./submit_guard.ts";

guardSubmits(document);
offerToShowPasswords(document);
tidyCodes(document);
countDown(document);
showStrength(document);
closeMenus(document);
