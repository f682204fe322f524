# telltale_embed(<target> <name> <file>…): compiles files into a target. Gives
# it "embedded/<name>.hpp" with
#   std::span<const telltale::embedded_file> telltale::embedded_<name>();
# in the order of the arguments, each with its name without folders and its
# bytes. Paths are relative to the calling CMakeLists.
set(TELLTALE_EMBED_SCRIPT "${CMAKE_CURRENT_LIST_DIR}/write_embedded.cmake")

function(telltale_embed target name)
  set(files)
  foreach(file IN LISTS ARGN)
    get_filename_component(absolute "${file}" ABSOLUTE)
    list(APPEND files "${absolute}")
  endforeach()
  set(stem "${PROJECT_BINARY_DIR}/embedded/${name}")
  file(MAKE_DIRECTORY "${PROJECT_BINARY_DIR}/embedded")
  string(REPLACE ";" "|" joined "${files}")
  add_custom_command(
    OUTPUT "${stem}.hpp" "${stem}.cpp"
    COMMAND "${CMAKE_COMMAND}" "-DNAME=${name}" "-DSTEM=${stem}"
      "-DFILES=${joined}" -P "${TELLTALE_EMBED_SCRIPT}"
    DEPENDS ${files} "${TELLTALE_EMBED_SCRIPT}"
    COMMENT "Embedding ${name}"
    VERBATIM)
  target_sources(${target} PRIVATE "${stem}.hpp" "${stem}.cpp")
endfunction()
