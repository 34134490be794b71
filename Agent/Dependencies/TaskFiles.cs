using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using SwarmOrleans.Contracts;
using SwarmOrleans.Contracts.Templates;

namespace SwarmOrleans.Agent;

/// <summary>A secret or config as a file of this machine.</summary>
/// <param name="Path">Where it is here.</param>
/// <param name="Target">Where a container has it: secrets under /run/secrets, configs under the root, unless the target is a whole path.</param>
public sealed record TaskFile(string Path, string Target);

/// <summary>
/// The secrets and configs of one task as files: in a directory of the task's own that only this user can enter, there from the task's preparation to its end.
/// </summary>
public sealed class TaskFiles
{
    private const string SecretsTarget = "/run/secrets";
    private const int MaxNameLength = 200;
    private const UnixFileMode DirectoryMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode DefaultMode = UnixFileMode.UserRead;
    private const uint ModeBits = 0x1ff;

    private readonly string _root;
    private readonly SwarmTask _task;
    private readonly DependencySet _dependencies;
    private readonly Func<CancellationToken, Task<NodeDescription>> _describe;
    private readonly string _directory;

    internal TaskFiles(string root, SwarmTask task, DependencySet dependencies, Func<CancellationToken, Task<NodeDescription>> describe)
    {
        (_root, _task, _dependencies, _describe) = (root, task, dependencies, describe);
        _directory = Path.Combine(root, task.Id);
        var container = task.Spec?.Container;
        Secrets = [.. (container?.Secrets ?? []).Where(s => s.File is not null).Select(s => FileOf(SecretsDirectory, SecretsTarget, s.File.Name))];
        Configs = [.. (container?.Configs ?? []).Where(c => c.File is not null).Select(c => FileOf(ConfigsDirectory, "/", c.File.Name))];
    }

    /// <summary>The task's secrets.</summary>
    public IReadOnlyList<TaskFile> Secrets { get; }

    /// <summary>The task's configs.</summary>
    public IReadOnlyList<TaskFile> Configs { get; }

    /// <summary>Holds a file a secret, named by its target.</summary>
    public string SecretsDirectory => Path.Combine(_directory, "secrets");

    /// <summary>Holds a file a config, named by its target.</summary>
    public string ConfigsDirectory => Path.Combine(_directory, "configs");

    /// <summary>Writes the files; those that are there are written again.</summary>
    /// <exception cref="TaskException">A secret or config is not on this node (yet), a template of one is wrong, or a file cannot be written.</exception>
    public async Task WriteAsync(CancellationToken cancellationToken)
    {
        if (Secrets.Count + Configs.Count == 0)
        {
            return;
        }

        if (_root.Length == 0)
        {
            throw new TaskException("this agent has no directory for secrets and configs");
        }

        var contents = await ReadAsync(cancellationToken);
        try
        {
            Directory.CreateDirectory(_root, DirectoryMode);
            Directory.CreateDirectory(_directory, DirectoryMode);
            Directory.CreateDirectory(SecretsDirectory, DirectoryMode);
            Directory.CreateDirectory(ConfigsDirectory, DirectoryMode);
            foreach (var (file, target, data) in contents)
            {
                Write(file.Path, target, data);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TaskException($"secrets and configs cannot be written: {e.Message}", inner: e);
        }
    }

    /// <summary>Removes the files.</summary>
    public void Remove()
    {
        try
        {
            if (_root.Length > 0 && Directory.Exists(_directory))
            {
                Directory.Delete(_directory, recursive: true);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Somebody is in there. It is tried again when the task's object goes, and at the agent's next start.
        }
    }

    private async Task<List<(TaskFile File, FileTarget Target, ByteString Data)>> ReadAsync(CancellationToken cancellationToken)
    {
        var container = _task.Spec.Container;
        var secrets = container.Secrets.Where(s => s.File is not null).Select(s => (s.File, Item: Find("secret", s.SecretName, _dependencies.Secret(s.SecretId)))).ToList();
        var configs = container.Configs.Where(c => c.File is not null).Select(c => (c.File, Item: Find("config", c.ConfigName, _dependencies.Config(c.ConfigId)))).ToList();
        var hasTemplates = secrets.Exists(s => s.Item.Spec.Templating is not null) || configs.Exists(c => c.Item.Spec.Templating is not null);
        var templates = new PayloadTemplates(
            hasTemplates ? await _describe(cancellationToken) : null, _task, _dependencies.Secret, _dependencies.Config);
        try
        {
            return
            [
                .. secrets.Select((s, i) => (Secrets[i], s.File, templates.Expand(s.Item))),
                .. configs.Select((c, i) => (Configs[i], c.File, templates.Expand(c.Item).Data)),
            ];
        }
        catch (TemplateException e)
        {
            throw new TaskException(e.Message, inner: e);
        }
    }

    private T Find<T>(string kind, string name, T? item)
        where T : class => item ?? throw new TaskException($"{kind} {name} is not on this node", isTemporary: !_dependencies.IsKnown);

    private static void Write(string path, FileTarget target, ByteString data)
    {
        // A file that nobody may write to any more cannot be opened again for writing.
        File.Delete(path);
        using (var stream = new FileStream(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = DefaultMode }))
        {
            stream.Write(data.Span);
        }

        FileOwner.Set(path, NumberOf(target.Uid, "uid"), NumberOf(target.Gid, "gid"));
        File.SetUnixFileMode(path, target.Mode == 0 ? DefaultMode : (UnixFileMode)(target.Mode & ModeBits));
    }

    private static uint NumberOf(string text, string what) => text.Length == 0
        ? 0
        : uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : throw new TaskException($"{what} {text} is not a number");

    private static TaskFile FileOf(string directory, string root, string name) =>
        new(Path.Combine(directory, SafeName(name)), Path.GetFullPath(Path.Combine(root, name)));

    // A target may be a path, even out of its directory: in a container that is the user's business, here it is not.
    private static string SafeName(string name)
    {
        var safe = Uri.EscapeDataString(name);
        return safe.Length > MaxNameLength ? Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)))
            : safe.All(c => c == '.') ? safe.Replace(".", "%2E", StringComparison.Ordinal)
            : safe;
    }
}
