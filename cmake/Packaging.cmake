# The Debian package: `cpack` below the build folder, which `./dev package` runs. It carries Arrow's
# libraries where they are the copy of .deps, since Debian has none. See docs/decisions/032-packages.md.
include(GNUInstallDirs)
set(DOC_FOLDER share/doc/sluice-server)

install(TARGETS sluice RUNTIME DESTINATION bin)
set_target_properties(sluice PROPERTIES INSTALL_RPATH "\$ORIGIN/../lib/sluice")
if(SLUICE_ARROW_ROOT)
  foreach(LIBRARY arrow parquet)
    # By the name that the program asks for: libarrow.so.2600.
    file(REAL_PATH ${SLUICE_ARROW_ROOT}/lib/lib${LIBRARY}.so LIBRARY_FILE)
    install(FILES ${LIBRARY_FILE} DESTINATION lib/sluice)
  endforeach()
  install(FILES ${SLUICE_ARROW_ROOT}/licenses/LICENSE.txt ${SLUICE_ARROW_ROOT}/licenses/NOTICE.txt
          DESTINATION ${DOC_FOLDER}/arrow)
endif()
install(FILES packaging/sluice.service DESTINATION lib/systemd/system)
install(FILES packaging/sluice.yaml DESTINATION /etc/sluice)
install(FILES packaging/debian/copyright DESTINATION ${DOC_FOLDER})

# What the program says of itself. $ENV{DESTDIR} is where the package is put together.
install(CODE [[
  set(SHARE "$ENV{DESTDIR}${CMAKE_INSTALL_PREFIX}/share")
  set(PROGRAM "$<TARGET_FILE:sluice>")
  function(write_output FILE)
    get_filename_component(FOLDER ${FILE} DIRECTORY)
    file(MAKE_DIRECTORY ${FOLDER})
    execute_process(COMMAND ${ARGN} OUTPUT_FILE ${FILE} COMMAND_ERROR_IS_FATAL ANY)
  endfunction()
  write_output(${SHARE}/bash-completion/completions/sluice ${PROGRAM} completion bash)
  write_output(${SHARE}/fish/vendor_completions.d/sluice.fish ${PROGRAM} completion fish)
  # zsh finds a completion by the file's first line, and runs the file at the first use.
  execute_process(COMMAND ${PROGRAM} completion zsh OUTPUT_VARIABLE ZSH COMMAND_ERROR_IS_FATAL ANY)
  file(WRITE ${SHARE}/zsh/vendor-completions/_sluice
       "#compdef sluice\n${ZSH}_bash_complete -o filenames -F _sluice\n")
]])
install(CODE "
  write_output(\${SHARE}/man/man1/sluice.1 ${CMAKE_SOURCE_DIR}/packaging/manual.sh \${PROGRAM})
  write_output(\${SHARE}/doc/sluice-server/changelog.gz gzip -9nc ${CMAKE_SOURCE_DIR}/CHANGELOG.md)
  execute_process(COMMAND gzip -9nf \${SHARE}/man/man1/sluice.1 COMMAND_ERROR_IS_FATAL ANY)
")

set(CPACK_GENERATOR DEB)
# Debian has another program `sluice`, of a higher version: under that name apt would replace ours by it.
set(CPACK_PACKAGE_NAME sluice-server)
set(CPACK_DEBIAN_PACKAGE_CONFLICTS sluice)
set(CPACK_PACKAGE_CONTACT "the authors of Sluice <noreply@example.com>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "Delta Sharing server")
set(CPACK_PACKAGE_DESCRIPTION
    "Shares Delta tables of folders and object stores with anyone who speaks the\n Delta Sharing protocol, without copying them.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_OUTPUT_FILE_PREFIX ${CMAKE_BINARY_DIR}/packages)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "adduser, procps")  # procps: /bin/kill of the unit
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "ca-certificates")
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
if(SLUICE_ARROW_ROOT)
  set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${SLUICE_ARROW_ROOT}/lib)
endif()
foreach(SCRIPT conffiles postinst prerm postrm)
  list(APPEND CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${CMAKE_SOURCE_DIR}/packaging/debian/${SCRIPT})
endforeach()
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)
