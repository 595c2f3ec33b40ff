@echo off
rem Installs devpi and airproof from this medium alone; no network is asked. PYTHON names another interpreter.
rem install.cmd --signers FILE [MORE]: only if somebody in FILE has signed SHA256SUMS, and all that lies here is in it,
rem byte by byte. Who replaces this script replaces that judgement too: READ-ME.txt has commands that judge without it.
setlocal
set NoDefaultCurrentDirectoryInExePath=1
if not defined PYTHON set "PYTHON=python"
if /i "%~1"=="--signers" goto judge
"%PYTHON%" -c "{pip}" --isolated install --no-index --find-links "%~dp0tools" %* {tools}
exit /b %ERRORLEVEL%

:judge
set "SIGNERS=%~2"
set "HERE=%~dp0"
set "WHY=The file of allowed signers is absent."
if not exist "%SIGNERS%" goto refuse
set "WHY=The medium is not signed: SHA256SUMS.sig is absent."
if not exist "%HERE%SHA256SUMS.sig" goto refuse
set "KEYGEN=%SystemRoot%\System32\OpenSSH\ssh-keygen.exe"
if not exist "%KEYGEN%" set "KEYGEN=ssh-keygen"
set "SIGNER="
for /f "usebackq delims=" %%N in (`call "%KEYGEN%" -Y find-principals -s "%HERE%SHA256SUMS.sig" -f "%SIGNERS%"`) do if not defined SIGNER set "SIGNER=%%N"
set "WHY=No allowed signer has signed the medium, or there is no ssh-keygen here (the optional feature OpenSSH Client)."
if not defined SIGNER goto refuse
set "WHY=The signature is not of this medium, or its signer is not allowed to sign it."
"%KEYGEN%" -Y verify -n airproof -f "%SIGNERS%" -I "%SIGNER%" -s "%HERE%SHA256SUMS.sig" < "%HERE%SHA256SUMS"
if errorlevel 1 goto refuse
set "WHY=The medium is not as it was signed."
"%PYTHON%" -c "{sums}" "%HERE%."
if errorlevel 1 goto refuse
"%PYTHON%" -c "{pip}" --isolated install --no-index --find-links "%~dp0tools" %3 %4 %5 %6 %7 %8 %9 {tools}
exit /b %ERRORLEVEL%

:refuse
echo install.cmd: %WHY% Nothing was installed. 1>&2
exit /b 1
