using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Grpc.Net.Client;
using SwarmOrleans.Benchmarks.ClusterLoad.Etcd;

namespace SwarmOrleans.Benchmarks.ClusterLoad.Processes;

/// <summary>Debian's etcd with three members on loopback, with or without TLS for clients and peers: what our store is measured against.</summary>
internal sealed class EtcdProcesses : IAsyncDisposable
{
    private const int Members = 3;

    private readonly string _directory;
    private readonly bool _isSecure;
    private readonly List<ChildProcess> _processes = [];
    private readonly List<string> _addresses = [];
    private X509Certificate2? _client;

    private EtcdProcesses(string directory, bool isSecure) => (_directory, _isSecure) = (directory, isSecure);

    private string Scheme => _isSecure ? "https" : "http";

    /// <summary>The member that leads.</summary>
    public string Leader { get; private set; } = "";

    public static async Task<EtcdProcesses> StartAsync(string directory, bool isSecure)
    {
        var etcd = new EtcdProcesses(Directory.CreateDirectory(Path.Combine(directory, $"etcd-{Guid.NewGuid():N}")).FullName, isSecure);
        try
        {
            etcd.StartAll();
            await etcd.FindLeaderAsync();
            return etcd;
        }
        catch
        {
            await etcd.DisposeAsync();
            throw;
        }
    }

    public GrpcChannel Open(string address) => GrpcChannel.ForAddress($"{Scheme}://{address}", new GrpcChannelOptions
    {
        DisposeHttpClient = true,
        HttpHandler = new SocketsHttpHandler
        {
            SslOptions = new SslClientAuthenticationOptions
            {
                ClientCertificates = _client is null ? null : [_client],
                ApplicationProtocols = [SslApplicationProtocol.Http2],
#pragma warning disable CA5359 // The loader only ever talks to the processes that it started.
                RemoteCertificateValidationCallback = (_, _, _, _) => true,
#pragma warning restore CA5359
            },
        },
    });

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_processes.Select(p => p.DisposeAsync().AsTask()));
        _client?.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private void StartAll()
    {
        var peers = new List<string>();
        for (var i = 0; i < Members; i++)
        {
            _addresses.Add(ManagerProcesses.FreeAddress());
            peers.Add(ManagerProcesses.FreeAddress());
        }

        string[] security = _isSecure ? WriteCertificates() : [];
        var cluster = string.Join(',', peers.Select((p, i) => $"e{i}={Scheme}://{p}"));
        for (var i = 0; i < Members; i++)
        {
            _processes.Add(new ChildProcess(
                "etcd",
                [
                    "--name", $"e{i}", "--data-dir", Path.Combine(_directory, $"e{i}"), "--initial-cluster", cluster, "--log-level", "error",
                    "--listen-client-urls", $"{Scheme}://{_addresses[i]}", "--advertise-client-urls", $"{Scheme}://{_addresses[i]}",
                    "--listen-peer-urls", $"{Scheme}://{peers[i]}", "--initial-advertise-peer-urls", $"{Scheme}://{peers[i]}", .. security,
                ]));
        }
    }

    // One certificate serves members and the loader; P-256, as our own are.
    private string[] WriteCertificates()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=etcd", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1"), new Oid("1.3.6.1.5.5.7.3.2")], false));
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddHours(-1), now.AddDays(1));
        var (certificateFile, keyFile) = (Path.Combine(_directory, "etcd.crt"), Path.Combine(_directory, "etcd.key"));
        File.WriteAllText(certificateFile, certificate.ExportCertificatePem());
        File.WriteAllText(keyFile, key.ExportECPrivateKeyPem());
        _client = X509Certificate2.CreateFromPem(certificate.ExportCertificatePem(), key.ExportECPrivateKeyPem());
        return
        [
            "--cert-file", certificateFile, "--key-file", keyFile, "--trusted-ca-file", certificateFile, "--client-cert-auth",
            "--peer-cert-file", certificateFile, "--peer-key-file", keyFile, "--peer-trusted-ca-file", certificateFile, "--peer-client-cert-auth",
        ];
    }

    private async Task FindLeaderAsync()
    {
        for (var attempt = 0; attempt < 200; attempt++)
        {
            foreach (var address in _addresses)
            {
                using var channel = Open(address);
                try
                {
                    var status = await new Maintenance.MaintenanceClient(channel).StatusAsync(new StatusRequest(), deadline: DateTime.UtcNow.AddSeconds(1));
                    if (status.Leader != 0 && status.Leader == status.Header.MemberId)
                    {
                        Leader = address;
                        return;
                    }
                }
                catch (RpcException)
                {
                    // Not up yet.
                }
            }

            await Task.Delay(100);
        }

        throw new InvalidOperationException($"etcd did not come up:\n{string.Join('\n', _processes.Select(p => p.Log))}");
    }
}
