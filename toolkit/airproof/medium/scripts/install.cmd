@echo off
rem Installs devpi and airproof from this medium alone; no network is asked. PYTHON names another interpreter.
setlocal
if not defined PYTHON set "PYTHON=python"
"%PYTHON%" -m pip --isolated install --no-index --find-links "%~dp0tools" %* {tools}
exit /b %ERRORLEVEL%
