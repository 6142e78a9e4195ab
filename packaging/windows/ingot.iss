; UNTESTED: nobody has run this on Windows yet. An installer by Inno Setup 6: on Windows, with Python and uv,
;   uv sync
;   uv run python packaging/bundle.py            makes dist\ingot with ingot.exe and ingot-panel.exe
;   uv run python packaging/icons.py dist\icons
;   put WinSW's program as dist\ingot-service.exe, for the task "service"
;   iscc packaging\windows\ingot.iss
[Setup]
AppId={{6E0B5C1E-6C0E-4C35-9B8A-2D5A5C1F1A77}
AppName=Ingot
AppVersion=0.1.0
AppPublisher=The Ingot makers
DefaultDirName={autopf}\Ingot
DefaultGroupName=Ingot
ArchitecturesAllowed=x64compatible
ArchitecturesInstallIn64BitMode=x64compatible
PrivilegesRequired=admin
OutputDir=..\..\dist
OutputBaseFilename=ingot-setup
SetupIconFile=..\..\dist\icons\ingot.ico
UninstallDisplayIcon={app}\ingot.ico
CloseApplications=yes

[Languages]
Name: "en"; MessagesFile: "compiler:Default.isl"
Name: "de"; MessagesFile: "compiler:Languages\German.isl"

[Tasks]
Name: "service"; Description: "Start Ingot with the machine, as a service"

[Files]
Source: "..\..\dist\ingot\*"; DestDir: "{app}"; Flags: recursesubdirs ignoreversion
Source: "..\..\dist\icons\ingot.ico"; DestDir: "{app}"
Source: "..\..\dist\ingot-service.exe"; DestDir: "{app}"; Tasks: service
Source: "ingot-service.xml"; DestDir: "{app}"; Tasks: service

[Icons]
Name: "{group}\Ingot"; Filename: "{app}\ingot-panel.exe"; IconFilename: "{app}\ingot.ico"

[Run]
Filename: "{app}\ingot-service.exe"; Parameters: "install"; Flags: runhidden; Tasks: service
; the service's own account alone, beside administrators, may look into its home
Filename: "{cmd}"; Parameters: "/c mkdir ""{commonappdata}\Ingot"" & icacls ""{commonappdata}\Ingot"" /inheritance:r /grant ""NT SERVICE\ingot:(OI)(CI)F"" ""*S-1-5-32-544:(OI)(CI)F"""; Flags: runhidden; Tasks: service
Filename: "{app}\ingot-service.exe"; Parameters: "start"; Flags: runhidden; Tasks: service
Filename: "{app}\ingot-panel.exe"; Description: "Open the control panel"; Flags: postinstall nowait skipifsilent

[UninstallRun]
; the records in %ProgramData%\Ingot stay: whoever wants them gone deletes that folder
Filename: "{app}\ingot-service.exe"; Parameters: "stop"; Flags: runhidden; RunOnceId: "stop"; Tasks: service
Filename: "{app}\ingot-service.exe"; Parameters: "uninstall"; Flags: runhidden; RunOnceId: "uninstall"; Tasks: service
