# Writes OUTPUT from STYLE, VERSION, LOCALES and MODULES (separated by `|`); run at
# build time by telltale_bundle(). It understands the page's own way of writing, and
# stops at anything else: whole-line comments, imports by name, and exports that
# stand before what they export.
cmake_minimum_required(VERSION 3.25)
string(REPLACE "|" ";" LOCALES "${LOCALES}")
string(REPLACE "|" ";" MODULES "${MODULES}")

# Comments of whole lines, indentation and empty lines say nothing to a browser.
function(shorten variable comment)
  set(text "\n${${variable}}")
  string(REGEX REPLACE "\n *${comment}[^\n]*" "" text "${text}")
  string(REGEX REPLACE "\n +" "\n" text "${text}")
  string(REGEX REPLACE "\n\n+" "\n" text "${text}")
  set(${variable} "${text}" PARENT_SCOPE)
endfunction()

# --- the style sheet -----------------------------------------------------------
file(READ "${STYLE}" css)
string(REGEX REPLACE "\n */\\*[^\n]*\\*/" "" css "\n${css}")
string(REGEX REPLACE "\n+ *" "\n" css "${css}")
if(css MATCHES "[`\\]|[$]{")
  message(FATAL_ERROR "${STYLE}: a backslash, backtick or \${ does not fit into the bundle")
endif()
set(bundle "{
const sheet = new CSSStyleSheet();
sheet.replaceSync(`${css}`);
document.adoptedStyleSheets = [sheet];
}
")

# --- what the reasons are called -----------------------------------------------
set(reasons "")
foreach(file IN LISTS LOCALES)
  get_filename_component(name "${file}" NAME_WLE)
  file(STRINGS "${file}" lines ENCODING UTF-8
    REGEX "^\"?[a-z_.]+\"? = { short = \".*\", what = \".*\", next = \".*\" }$")
  if(lines STREQUAL "")
    message(FATAL_ERROR "${file}: no line of it says what a reason is called")
  endif()
  string(APPEND reasons "\"${name}\": {\n")
  foreach(line IN LISTS lines)
    string(REGEX REPLACE
      "^\"?([a-z_.]+)\"? = { short = (\".*\"), what = (\".*\"), next = (\".*\") }$"
      "\"\\1\": [\\2, \\3, \\4],\n" line "${line}")
    string(APPEND reasons "${line}")
  endforeach()
  string(APPEND reasons "},\n")
endforeach()
string(APPEND bundle "const m_reason_texts = { REASON_TEXTS: {\n${reasons}} };\n")
string(APPEND bundle "const m_version = { VERSION: '${VERSION}' };\n")
set(there "reason_texts" "version")

# --- the modules, each in a function of its own --------------------------------
foreach(file IN LISTS MODULES)
  get_filename_component(module "${file}" NAME_WLE)
  file(READ "${file}" code)
  shorten(code "(//|/\\*\\*|\\*)")
  string(REGEX MATCHALL "\nimport {[^}]*} from '\\./[a-z0-9_]+\\.js'" imports "${code}")
  foreach(one IN LISTS imports)
    string(REGEX REPLACE ".*'\\./([a-z0-9_]+)\\.js'.*" "\\1" needed "${one}")
    if(one MATCHES " as ")
      message(FATAL_ERROR "${file}: an import gives ${needed}.js's names other names")
    endif()
    if(NOT needed IN_LIST there)
      message(FATAL_ERROR "${file} needs ${needed}.js, which does not stand before it in web/CMakeLists.txt")
    endif()
  endforeach()
  string(REGEX REPLACE "\nimport {([^}]*)} from '\\./([a-z0-9_]+)\\.js';" "\nconst {\\1} = m_\\2;" code "${code}")
  string(REGEX MATCHALL "\nexport (async function|function|const|class) [A-Za-z0-9_]+" exports "${code}")
  string(REGEX REPLACE "\nexport (async function|function|const|class) " "\n\\1 " code "${code}")
  if(code MATCHES "\n(import|export) ")
    message(FATAL_ERROR "${file}: an import or export is written in another way than cmake/write_bundle.cmake knows")
  endif()
  set(names "")
  foreach(one IN LISTS exports)
    string(REGEX REPLACE ".* " "" name "${one}")
    list(APPEND names "${name}")
  endforeach()
  list(JOIN names ", " names)
  string(APPEND bundle "const m_${module} = (() => {${code}return { ${names} };\n})();\n")
  list(APPEND there "${module}")
endforeach()

file(WRITE "${OUTPUT}" "${bundle}")
