using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace SwarmOrleans.Security;

/// <summary>
/// A node's state directory: certificates, key and keyring, and the lock that keeps a second process out. Files are written beside and renamed.
/// </summary>
public sealed class StateDirectory : IDisposable
{
    private const string KeyringHeader = "swarm-keyring";
    private const string CurrentKeyHeader = "swarm-keyring-current";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly FileStream _lock;

    private StateDirectory(string path, FileStream held)
    {
        Path = path;
        _lock = held;
    }

    /// <summary>The directory, absolute.</summary>
    public string Path { get; }

    /// <summary>Directory of the Raft log and its snapshots.</summary>
    public string RaftDirectory => System.IO.Path.Combine(Path, "raft");

    /// <summary>Directory of the worker's task database and its processes.</summary>
    public string WorkerDirectory => System.IO.Path.Combine(Path, "worker");

    private string RootFile => System.IO.Path.Combine(Path, "certificates", "swarm-root-ca.crt");

    private string CertificateFile => System.IO.Path.Combine(Path, "certificates", "swarm-node.crt");

    private string KeyFile => System.IO.Path.Combine(Path, "certificates", "swarm-node.key");

    /// <summary>Makes the directory if it is not there, and takes its lock.</summary>
    /// <exception cref="IOException">Another process holds it.</exception>
    public static StateDirectory Open(string path)
    {
        var full = System.IO.Path.GetFullPath(path);
        Directory.CreateDirectory(full);
        File.SetUnixFileMode(full, OwnerOnly | UnixFileMode.UserExecute);
        var file = System.IO.Path.Combine(full, "lock");
        try
        {
            var held = new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            held.SetLength(0);
            held.Write(Encoding.ASCII.GetBytes(Environment.ProcessId.ToString(CultureInfo.InvariantCulture)));
            held.Flush();
            return new StateDirectory(full, held);
        }
        catch (IOException e)
        {
            throw new IOException($"state directory {full} is in use by another process", e);
        }
    }

    /// <summary>True when the directory holds a node's identity.</summary>
    public bool HasIdentity => File.Exists(RootFile) && File.Exists(CertificateFile) && File.Exists(KeyFile);

    /// <summary>The stored identity.</summary>
    /// <exception cref="InvalidDataException">It is damaged, expired or not of one piece.</exception>
    public NodeIdentity LoadIdentity() =>
        NodeIdentity.Create(File.ReadAllBytes(CertificateFile), KeyPemOf(PemFile.Parse(File.ReadAllText(KeyFile))), File.ReadAllBytes(RootFile));

    /// <summary>Stores an identity; the keyring stays.</summary>
    public void SaveIdentity(byte[] certificatePem, string keyPem, byte[] rootPem)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(KeyFile)!);
        var headers = File.Exists(KeyFile)
            ? new Dictionary<string, string>(PemFile.Parse(File.ReadAllText(KeyFile)).Headers)
            : new Dictionary<string, string> { ["kek-version"] = "0" };
        Write(RootFile, rootPem, null);
        Write(KeyFile, Encoding.ASCII.GetBytes((PemFile.Parse(keyPem) with { Headers = headers }).ToString()), OwnerOnly);
        Write(CertificateFile, certificatePem, null);
    }

    /// <summary>The cluster's keys for the log; null on a node that never was a manager.</summary>
    /// <exception cref="InvalidDataException">The headers are damaged.</exception>
    public (IReadOnlyDictionary<int, byte[]> Keys, int Current)? LoadKeyring()
    {
        var headers = PemFile.Parse(File.ReadAllText(KeyFile)).Headers;
        if (!headers.TryGetValue(KeyringHeader, out var keyring) || !headers.TryGetValue(CurrentKeyHeader, out var current))
        {
            return null;
        }

        try
        {
            var keys = keyring.Split(',').Select(k => k.Split('=', 2)).ToDictionary(
                k => int.Parse(k[0], CultureInfo.InvariantCulture), k => Convert.FromBase64String(k[1]));
            return (keys, int.Parse(current, CultureInfo.InvariantCulture));
        }
        catch (Exception e) when (e is FormatException or IndexOutOfRangeException or ArgumentException)
        {
            throw new InvalidDataException($"{KeyFile}: the header {KeyringHeader} is damaged", e);
        }
    }

    /// <summary>Stores the cluster's keys beside the node's.</summary>
    public void SaveKeyring(IReadOnlyDictionary<int, byte[]> keys, int current)
    {
        var file = PemFile.Parse(File.ReadAllText(KeyFile));
        var headers = new Dictionary<string, string>(file.Headers)
        {
            [KeyringHeader] = string.Join(',', keys.OrderBy(k => k.Key).Select(k => $"{k.Key}={Convert.ToBase64String(k.Value)}")),
            [CurrentKeyHeader] = current.ToString(CultureInfo.InvariantCulture),
        };
        Write(KeyFile, Encoding.ASCII.GetBytes((file with { Headers = headers }).ToString()), OwnerOnly);
    }

    /// <inheritdoc />
    public void Dispose() => _lock.Dispose();

    private static string KeyPemOf(PemFile file) => new string(PemEncoding.Write(file.Label, file.Body));

    private static void Write(string file, byte[] content, UnixFileMode? mode)
    {
        var temporary = System.IO.Path.Combine(System.IO.Path.GetDirectoryName(file)!, "." + System.IO.Path.GetFileName(file));
        using (var stream = new FileStream(temporary, FileMode.Create, FileAccess.Write))
        {
            if (mode is { } wanted)
            {
                File.SetUnixFileMode(temporary, wanted);
            }

            stream.Write(content);
            stream.Flush(flushToDisk: true);
        }

        File.Move(temporary, file, overwrite: true);
    }
}
